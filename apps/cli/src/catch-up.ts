import { DomainError } from '#libs/kernel';
import { Drain, LeaseContender, type HeldLease } from '#libs/projection-engine';
import { waitForPosition, type ReadStore } from '#libs/read-store';
import type { Runtime } from '#libs/runtime';
import { projections } from '#projections';
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
    await foldUpTo(session, runtime, { head, stores: runtime.readStore.withFence(held.fence) });
  } finally {
    await held.release();
  }
  return head;
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
