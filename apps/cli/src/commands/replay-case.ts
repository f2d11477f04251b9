import type { EventStore, StoredEvent } from '#libs/event-store';
import type { Recorded } from '#libs/kernel';
import type { Runtime } from '#libs/runtime';
import { caseDecider, describeCase, type CaseEvent } from '#libs/service-desk';
import { findCommunity } from '../books.js';
import { findCase, type FoundCase } from '../cases.js';
import { addJsonWithList } from '../io/output.js';
import type { Session } from '../session.js';

export interface ReplayCaseOptions {
  readonly community: string;
  readonly case: string;
}

/** An event, and the case's state after it. */
interface Step {
  readonly position: string;
  readonly revision: string;
  readonly type: string;
  readonly occurredAt: string;
  readonly effectiveOn: string;
  readonly recordedAt: string;
  readonly state: Record<string, unknown>;
}

/** `estate replay --case`: folds a case from its opening on and shows state and clocks after each event, straight from the store. */
export async function replayCase(
  session: Session,
  options: ReplayCaseOptions,
  until: bigint | undefined,
): Promise<void> {
  await session.withRuntime(async (runtime) => {
    const { communityId } = await findCommunity(runtime.eventStore, options.community);
    const found = await findCase(runtime.eventStore, communityId, options.case);
    const head = await runtime.eventStore.headPosition();
    const upTo = until === undefined || until > head ? head : until;
    const items = steps(runtime, found, eventsOf(runtime.eventStore, found.stream, upTo, session.signal));
    const { caseId, kind } = found;
    if (session.json) {
      const tail = () => ({ position: upTo.toString() });
      await addJsonWithList(session.answer, { case: caseId, kind }, { name: 'states', items }, tail);
    } else {
      await session.answer.line(`Replay of ${kind} ${caseId} of ${communityId} up to position ${upTo}`);
      for await (const step of items) await addStep(session, step);
    }
  });
}

async function* eventsOf(
  store: EventStore,
  stream: string,
  upTo: bigint,
  signal: AbortSignal,
): AsyncGenerator<StoredEvent> {
  for await (const page of store.readStream(stream, { signal })) {
    for (const event of page) {
      if (event.position > upTo) return;
      yield event;
    }
    signal.throwIfAborted();
  }
}

async function* steps(
  { upcasters }: Runtime,
  { kind }: FoundCase,
  events: AsyncIterable<StoredEvent>,
): AsyncGenerator<Step> {
  const decider = caseDecider(kind);
  let state = decider.initialState();
  for await (const event of events) {
    const { position, revision, type, metadata } = event;
    const { effectiveOn, occurredAt, recordedAt, actor } = metadata;
    if ((decider.handles as ReadonlySet<string>).has(type)) {
      const past = { type, data: upcasters.dataOf(event), effectiveOn, occurredAt, recordedAt, actor };
      state = decider.evolve(state, past as unknown as CaseEvent & Recorded);
    }
    yield {
      position: position.toString(),
      revision: revision.toString(),
      ...{ type, occurredAt, effectiveOn, recordedAt },
      state: describeCase(state, occurredAt),
    };
  }
}

async function addStep({ answer }: Session, step: Step): Promise<void> {
  const { milestones, pauses: _pauses, handlers: _handlers, ...figures } = step.state;
  await answer.line(
    `\n@${step.revision} ${step.type}, ${step.occurredAt}, recorded ${step.recordedAt}, position ${step.position}`,
  );
  const known = Object.entries(figures).filter(([, value]) => value !== null);
  await answer.line(`  ${known.map(([name, value]) => `${name} ${String(value)}`).join(', ')}`);
  for (const [name, value] of Object.entries((milestones ?? {}) as Record<string, Record<string, string | null>>)) {
    const done = value['doneAt'] === null ? '' : `, done ${value['doneAt']}`;
    await answer.line(`  ${name}: ${value['status']} (by ${value['deadlineAt']}${done})`);
  }
}
