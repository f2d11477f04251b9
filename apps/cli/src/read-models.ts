import { userInfo } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { DomainError } from '#libs/kernel';
import { Drain, LeaseContender, registerBuilds, type HeldLease } from '#libs/projection-engine';
import type { ControlAction, ControlRequest } from '#libs/read-store';
import type { Runtime } from '#libs/runtime';
import { checkAtStart, projections } from '#projections';
import { controlDesk } from '../../projector/src/control-desk.js';
import { projectionLease } from '../../projector/src/projection-lease.js';
import { progressBar, type Progress } from './io/progress.js';
import type { Session } from './session.js';

const LOOK_EVERY_MS = 200;
/** A program that folds looks for requests several times a second: one that has not begun by then is another program's, or is stuck. */
const UNHEARD_AFTER_MS = 30_000;

/** Who asks, in the audit trail. */
export function operatorName(): string {
  try {
    return userInfo().username || 'operator';
  } catch {
    // A user without an entry, as in some containers.
    return 'operator';
  }
}

/**
 * Has work on read models done by the program that folds them, or does it itself where none does. The result as JSON.
 * @throws DomainError with the code of the refusal; READ_MODELS_UNATTENDED when the program that folds does not answer
 */
export async function carryOut(
  session: Session,
  runtime: Runtime,
  action: ControlAction,
  args: ControlRequest['args'],
): Promise<object> {
  const { requests } = runtime.readStore;
  const by = operatorName();
  await registerBuilds({ store: runtime.readStore, source: runtime.eventStore, projections }, { by, fence: 0n });
  const { _id } = await requests.add(action, args, by);
  const contender = runtime.projecting ? undefined : new LeaseContender(projectionLease(runtime));
  const bar = progressBar(action, 'events');
  const askedAt = performance.now();
  try {
    for (;;) {
      session.signal.throwIfAborted();
      const held = await contender?.look();
      if (held) await serveOwn(session, runtime, held, { id: _id, bar });
      const request = (await requests.find(_id))!;
      if (request.state === 'done') return request.result!;
      if (request.state === 'failed') throw new DomainError(request.error!.code, request.error!.message);
      if (request.state === 'requested' && performance.now() - askedAt > UNHEARD_AFTER_MS) {
        throw new DomainError('READ_MODELS_UNATTENDED', 'the program that folds the read models does not answer');
      }
      show(bar, request.progress);
      await sleep(LOOK_EVERY_MS);
    }
  } finally {
    bar.end();
  }
}

/** Nobody else folds: this process does what was asked, on read models that it has caught up. */
async function serveOwn(
  session: Session,
  runtime: Runtime,
  held: HeldLease,
  { id, bar }: { readonly id: string; readonly bar: Progress },
): Promise<void> {
  const signal = AbortSignal.any([session.signal, held.lost]);
  const stores = runtime.readStore.withFence(held.fence);
  const upcast = (event: Parameters<typeof runtime.upcasters.dataOf>[0]) => runtime.upcasters.dataOf(event);
  const hold = async <T>(work: () => Promise<T>): Promise<T> => {
    const drain = new Drain({ source: runtime.eventStore, stores, projections, upcast });
    await drain.catchUp(await runtime.eventStore.headPosition(), { signal });
    return work();
  };
  try {
    await checkAtStart(runtime.readStore, { folds: true });
    const desk = controlDesk(runtime, { fence: held.fence, hold }, (line) => session.say(line));
    await desk.serveNext(signal, id, (progress) => show(bar, { ...progress }));
  } finally {
    await held.release();
  }
}

function show(bar: Progress, progress: ControlRequest['progress']): void {
  if (!progress) return;
  const number = (name: string): number => Number(progress[name] ?? 0);
  bar.note(
    `${Math.round(number('eventsPerSecond')).toLocaleString('en')}/s, ${timeLeft(progress['secondsLeft'] ?? null)}`,
  );
  const share = number('share');
  bar.update(number('events'), share > 0 ? Math.round(number('events') / share) : undefined);
}

export function timeLeft(seconds: number | string | null): string {
  if (seconds === null) return 'time left unknown';
  const whole = Math.ceil(Number(seconds));
  const minutes = Math.floor(whole / 60);
  return minutes > 0 ? `${minutes} min ${whole % 60} s left` : `${whole} s left`;
}
