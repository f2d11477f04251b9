import type { StoredEvent } from '#libs/event-store';
import { DomainError } from '#libs/kernel';
import { accountDecider, describeAccount, type AccountEvent } from '#libs/receivables';
import type { Runtime } from '#libs/runtime';
import { findAccount, findCommunity } from '../books.js';
import { parsePosition } from '../catch-up.js';
import { addJsonWithList } from '../io/output.js';
import type { CommandRun, Session } from '../session.js';
import { storedEvents } from '../stored-events.js';

export interface ReplayOptions {
  readonly community: string;
  readonly account?: string;
  readonly case?: string;
  readonly until?: string;
}

/** An event, and the account's state after it. */
interface Step {
  readonly position: string;
  readonly revision: string;
  readonly type: string;
  readonly effectiveOn: string;
  readonly recordedAt: string;
  readonly state: ReturnType<typeof describeAccount>;
}

async function* steps(runtime: Runtime, events: AsyncIterable<StoredEvent>): AsyncGenerator<Step> {
  let state = accountDecider.initialState();
  for await (const event of events) {
    const { position, revision, type, metadata } = event;
    const { effectiveOn, occurredAt, recordedAt, actor } = metadata;
    if ((accountDecider.handles as ReadonlySet<string>).has(type)) {
      const data = runtime.upcasters.dataOf(event);
      const past = { type, data, effectiveOn, occurredAt, recordedAt, actor } as unknown as AccountEvent & {
        recordedAt: string;
        actor: typeof actor;
      };
      state = accountDecider.evolve(state, past);
    }
    yield {
      position: position.toString(),
      revision: revision.toString(),
      type,
      effectiveOn,
      recordedAt,
      state: describeAccount(state),
    };
  }
}

/** `estate replay`: folds an account, or a case, from its first event on and shows the state after each, straight from the store (R2.3). */
export const run: CommandRun<ReplayOptions> = async (session, _args, options) => {
  const until = options.until === undefined ? undefined : parsePosition(options.until);
  const { account, case: caseId, community } = options;
  if ((account === undefined) === (caseId === undefined)) {
    throw new DomainError('USAGE_INVALID', 'name either --account or --case');
  }
  if (caseId !== undefined) {
    const { replayCase } = await import('./replay-case.js');
    return replayCase(session, { community, case: caseId }, until);
  }
  return replayAccount(session, community, account!, until);
};

async function replayAccount(
  session: Session,
  community: string,
  account: string,
  until: bigint | undefined,
): Promise<void> {
  await session.withRuntime(async (runtime) => {
    const { communityId, currency } = await findCommunity(runtime.eventStore, community);
    const accountId = await findAccount(runtime.eventStore, communityId, account);
    const head = await runtime.eventStore.headPosition();
    const upTo = until === undefined || until > head ? head : until;
    const items = steps(
      runtime,
      storedEvents(runtime.eventStore, { communityId, accountId, upTo, signal: session.signal }),
    );
    if (session.json) {
      await addJsonWithList(session.answer, { account: accountId }, { name: 'states', items }, () => ({
        position: upTo.toString(),
      }));
    } else {
      await session.answer.line(`Replay of ${communityId} ${accountId} in ${currency} up to position ${upTo}`);
      for await (const step of items) await addStep(session, step);
    }
  });
}

async function addStep(session: Session, step: Step): Promise<void> {
  await session.answer.line(
    `\n@${step.revision} ${step.type}, effective ${step.effectiveOn}, recorded ${step.recordedAt}, position ${step.position}`,
  );
  const { openItems, credits, holds, disputes, ...figures } = step.state as Record<string, unknown>;
  await session.answer.line(
    `  ${Object.entries(figures)
      .map(([name, value]) => `${name} ${String(value)}`)
      .join(', ')}`,
  );
  for (const [name, list] of Object.entries({ openItems, credits, holds, disputes })) {
    for (const item of (list as unknown[] | undefined) ?? [])
      await session.answer.line(`  ${name}: ${JSON.stringify(item)}`);
  }
}
