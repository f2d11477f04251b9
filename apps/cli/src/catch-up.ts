import { DomainError } from '#libs/kernel';
import { Drain } from '#libs/projection-engine';
import { waitForPosition } from '#libs/read-store';
import type { Runtime } from '#libs/runtime';
import { projections } from '#projections';
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
  if (runtime.projecting) await waitForOwner(session, runtime, head);
  else await foldUpTo(session, runtime, head);
  return head;
}

async function foldUpTo(session: Session, runtime: Runtime, head: bigint): Promise<void> {
  const drain = new Drain({
    source: runtime.eventStore,
    stores: runtime.readStore,
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

async function waitForOwner(session: Session, runtime: Runtime, head: bigint): Promise<void> {
  let best = -1n;
  let movedAt = performance.now();
  for (let looks = 0; ; looks += 1) {
    const options = { limitMs: LOOK_EVERY_MS, signal: session.signal };
    const { position, reached } = await waitForPosition(runtime.readStore, projections, head, options);
    if (reached) return;
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
