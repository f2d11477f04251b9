import { DomainError } from '#libs/kernel';
import { buildText, rawDocuments, type BuildName } from '#libs/read-store';
import { compareDocuments, type Difference } from '../compare.js';
import type { Projection } from '../projection.js';
import { codeOf } from '../targets.js';
import { candidateOf, findModel, nameOfTarget, targetOf, type KnownModel } from './builds.js';
import { parkedOf, type StandingStill } from './parked-list.js';
import type { Workshop } from './parked-sequence.js';
import { bringTogether } from './positions.js';

/** Two builds of a read model at one position. `live` and `rebuilt` in a difference are the live build and the other one. */
export interface ComparedBuilds {
  readonly name: string;
  readonly live: string;
  readonly candidate: string;
  /** Both have folded every event at or before it, and nothing else. */
  readonly position: string;
  readonly documents: number;
  /** In fields that the new version declares to change. */
  readonly declared: { readonly count: number; readonly differences: readonly Difference[] };
  readonly undeclared: { readonly count: number; readonly differences: readonly Difference[] };
  /** Documents that stand still are not equal, whatever they hold. */
  readonly parked: readonly StandingStill[];
}

/** Kept by the engine; whether a document stands still is told by the list of parked ones. */
const ENGINE_FIELDS = ['parked'];

/**
 * Compares the build that has caught up (or, without one, the one before) with the live one, document by document; call it while nobody
 * folds. @throws DomainError READ_MODEL_NOT_FOUND, READ_MODEL_NOT_CAUGHT_UP
 */
export async function compareBuilds(name: string, shop: Workshop): Promise<ComparedBuilds> {
  const model = await findModel(name, shop);
  const other = otherOf(model);
  const [live, candidate] = [targetOf(model.projection, model.entry.live), targetOf(model.projection, other)];
  const position = await bringTogether([live, candidate], shop);
  const documents = (collection: string) => rawDocuments(shop.store.collection(collection));
  const compared = await compareDocuments(documents(nameOfTarget(live)), documents(nameOfTarget(candidate)), {
    ignored: new Set(
      isSameFold(live.projection, candidate.projection) ? ENGINE_FIELDS : [...ENGINE_FIELDS, 'position'],
    ),
    declared: declaredChanges(model.projection, model.entry.live, other),
  });
  return {
    ...{ name, live: buildText(model.entry.live), candidate: buildText(other), position: position.toString() },
    documents: compared.documents,
    declared: { count: compared.declaredCount, differences: compared.declared },
    undeclared: { count: compared.differenceCount, differences: compared.differences },
    parked: [...(await parkedOf(nameOfTarget(live), shop)), ...(await parkedOf(nameOfTarget(candidate), shop))],
  };
}

function otherOf({ entry }: KnownModel): BuildName {
  const candidate = candidateOf(entry);
  if (candidate?.state === 'building')
    throw new DomainError(
      'READ_MODEL_NOT_CAUGHT_UP',
      `build ${buildText(candidate)} of ${entry._id} has not caught up: estate projections rebuild ${entry._id}`,
    );
  const other = candidate ?? entry.previous;
  if (other) return other;
  throw new DomainError(
    'READ_MODEL_NOT_BUILT',
    `${entry._id} has no other build: estate projections rebuild ${entry._id}`,
  );
}

/** Builds of one version fold the same events, so their documents stand at the same positions. */
function isSameFold(a: Projection, b: Projection): boolean {
  return String(a.eventTypes) === String(b.eventTypes);
}

/** Fields that some version between the two has changed. */
function declaredChanges(projection: Projection, a: BuildName, b: BuildName): ReadonlySet<string> {
  const [older, newer] = a.version < b.version ? [a.version, b.version] : [b.version, a.version];
  const fields = new Set<string>();
  for (let code = codeOf(projection, newer); code && code.version > older; code = code.previous)
    for (const field of code.changes ?? []) fields.add(field);
  return fields;
}
