import { Tally, typeFilter, type Projection } from '#libs/projection-engine';
import type { CheckpointDocument, ReadStore } from '#libs/read-store';
import { auditTrailProjection } from '../audit-trail/audit-trail.projection.js';
import { IDENTITIES, type IdentityName } from '../identities/names.js';
import { BROKEN_INDEX, conservationProjection, type MonitorDocument } from './conservation.projection.js';

/** An identity that is broken somewhere. */
export interface BrokenIdentity {
  readonly identity: IdentityName;
  /** Accounts, cases or read models in which it is; counted up to a limit. */
  readonly count: number;
  /** Of the event since which it is, the earliest of all: a decimal string. */
  readonly firstPosition: string;
  /** Where that was, with the figures as they are now. */
  readonly where: string;
}

/** Enough to see what is wrong, when everything is. */
const LOOKED_AT = 1_000;
/** A position is below it. */
const ALL_POSITIONS = { $gte: 0n } as const;

/** What the running checks have found. */
export class ConservationReader {
  constructor(
    private readonly store: ReadStore,
    private readonly projections: readonly Projection[],
  ) {}

  /** The identities that do not hold now, each with the first violating position; none: all hold. */
  async findBroken(): Promise<BrokenIdentity[]> {
    const monitors = await this.store.liveCollection<MonitorDocument>(conservationProjection);
    const documents = await monitors
      .find({ brokenSince: ALL_POSITIONS })
      .sort(BROKEN_INDEX.key)
      .limit(LOOKED_AT)
      .toArray();
    const found = new Map<IdentityName, BrokenIdentity & { readonly since: bigint }>();
    for (const { communityId, entityId, violations } of documents) {
      for (const { identity, since, detail } of violations) {
        const other = found.get(identity);
        const first = !other || since < other.since ? { since, where: `${communityId} ${entityId}: ${detail}` } : other;
        const { where } = first;
        found.set(identity, {
          ...{ identity, count: (other?.count ?? 0) + 1, since: first.since, firstPosition: `${first.since}`, where },
        });
      }
    }
    const broken = [...found.values()].map(({ since: _since, ...rest }) => rest);
    return [...broken, ...tallyDifferences(this.projections, await this.store.liveCheckpoints(this.projections))];
  }
}

/**
 * Count and sum per event type: those that stand at the same position must have folded the same events of the types they share, and one of them
 * folds all types.
 */
export function tallyDifferences(
  projections: readonly Projection[],
  checkpoints: readonly (CheckpointDocument | undefined)[],
): BrokenIdentity[] {
  const all = checkpoints[projections.findIndex(({ name }) => name === auditTrailProjection.name)];
  if (!all) return [];
  const whole = Tally.fromCheckpoint(all);
  const different = projections.flatMap((projection, index) => {
    const checkpoint = checkpoints[index];
    if (checkpoint?.position !== all.position) return [];
    const expected = new Tally();
    expected.merge(whole, typeFilter(projection));
    const [stored, folded] = [`${expected}`, `${Tally.fromCheckpoint(checkpoint)}`];
    return stored === folded ? [] : [`${projection.name}: store [${stored}], projection [${folded}]`];
  });
  const [where] = different;
  if (where === undefined) return [];
  return [{ identity: IDENTITIES.tallies, count: different.length, firstPosition: `${all.position}`, where }];
}
