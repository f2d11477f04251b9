import { DomainError } from '#libs/kernel';
import { Drain, LeaseContender, type HeldLease, type Projection } from '#libs/projection-engine';
import { waitForPosition, type ReadStore, type StaleQuery } from '#libs/read-store';
import type { Runtime } from '#libs/runtime';
import { checkAtStart, projections } from '#projections';
import { projectionLease } from '../../projector/src/projection-lease.js';
import { progressBar } from './io/progress.js';
import type { Session } from './session.js';

const LOOK_EVERY_MS = 1_000;
/** A projector that does not move for so long has failed, and waiting on would not end. */
const STALLED_MS = 60_000;

/**
 * Brings the read models up to the head that the store has now, and returns that position. Where another program keeps them up to date it is waited
 * for. Throws READ_MODELS_BEHIND when that one stands still.
 */
export async function catchUp(session: Session, runtime: Runtime): Promise<bigint> {
  const head = await runtime.eventStore.headPosition();
  const contender = runtime.projecting ? undefined : new LeaseContender(projectionLease(runtime));
  const held = (await contender?.look()) ?? (await waitForOwner(session, runtime, { head, contender }));
  if (!held) return head;
  try {
    await checkAtStart(runtime.readStore, { folds: true });
    await foldUpTo(session, runtime, { head, stores: runtime.readStore.withFence(held.fence) });
  } finally {
    await held.release();
  }
  return head;
}

/** What a report says of the cut that it is of. */
export interface ReportCut {
  /** The present head of the store, or the earlier position that was asked for. */
  readonly position: bigint;
  /** `staleSince`, where a part of the report stands still; nothing otherwise. */
  stale(models: readonly Projection[], part: StaleQuery): Promise<{ readonly staleSince?: string }>;
}

/**
 * A report on read models that are caught up, as of the present head or as of an earlier position `at`; in one view, whatever is switched meanwhile.
 * @throws DomainError POSITION_INVALID, AT_NOT_REACHED
 */
export async function onCut<T>(
  session: Session,
  runtime: Runtime,
  at: string | undefined,
  work: (cut: ReportCut) => Promise<T>,
): Promise<T> {
  const wanted = at === undefined ? undefined : parsePosition(at);
  const head = await catchUp(session, runtime);
  if (wanted !== undefined && wanted > head)
    throw new DomainError('AT_NOT_REACHED', `position ${wanted} has not been reached: the store ends at ${head}`);
  const position = wanted ?? head;
  const { readStore } = runtime;
  const stale: ReportCut['stale'] = async (models, part) => {
    const checkpoints = await readStore.liveCheckpoints(models);
    const since = await readStore.staleByCheckpoints(checkpoints, { ...part, upTo: position });
    return since === undefined ? {} : { staleSince: since.toString() };
  };
  return readStore.inOneView(() => work({ position, stale }));
}

/** The line of a table that says so. */
export function staleLine({ staleSince }: { readonly staleSince?: string }): string[] {
  return staleSince === undefined
    ? []
    : [`STALE: what is shown is right as of just before position ${staleSince} (estate parked list)`];
}

/** @throws DomainError POSITION_INVALID */
export function parsePosition(text: string): bigint {
  const position = /^\d{1,19}$/.test(text) ? BigInt(text) : undefined;
  if (position === undefined || position >= 2n ** 63n)
    throw new DomainError('POSITION_INVALID', `not a position (digits only): '${text.slice(0, 40)}'`);
  return position;
}

async function foldUpTo(
  session: Session,
  runtime: Runtime,
  { head, stores }: { readonly head: bigint; readonly stores: ReadStore },
): Promise<void> {
  const drain = new Drain({
    source: runtime.eventStore,
    stores,
    projections,
    upcast: (event) => runtime.upcasters.dataOf(event),
    onParked: ({ _id, scope, key, cause }) => session.say(`${_id} is parked, ${scope} ${key} stands still: ${cause}`),
  });
  const bar = progressBar('read models', 'events');
  let first: bigint | undefined;
  await drain.catchUp(head, {
    signal: session.signal,
    onProgress: ({ events, position, to }) => {
      first ??= position - BigInt(events);
      bar.update(Number(position - first), Number(to - first));
    },
  });
  bar.end();
}

/** Until the read models are there; or, where it may be had, until the lease of an owner that is gone falls to this process. */
async function waitForOwner(
  session: Session,
  runtime: Runtime,
  { head, contender }: { readonly head: bigint; readonly contender: LeaseContender | undefined },
): Promise<HeldLease | undefined> {
  let best = -1n;
  let movedAt = performance.now();
  for (let looks = 0; ; looks += 1) {
    const options = { limitMs: LOOK_EVERY_MS, signal: session.signal };
    const { position, reached } = await waitForPosition(runtime.readStore, projections, head, options);
    if (reached) return undefined;
    const held = await contender?.look();
    if (held) return held;
    if (looks === 1) session.say(`waiting for the running owner's read models: at position ${position} of ${head} …`);
    if (position > best) movedAt = performance.now();
    best = position > best ? position : best;
    if (performance.now() - movedAt > STALLED_MS) {
      throw new DomainError(
        'READ_MODELS_BEHIND',
        `the running owner's read models stand at position ${position} of ${head}`,
      );
    }
  }
}
