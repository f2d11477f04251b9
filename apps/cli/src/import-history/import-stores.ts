import { BulkWriter, CommandRunner } from '#libs/event-store';
import type { EventStore } from '#libs/event-store';
import { commandIdOf, DomainError, localDateOf, localMidnight, systemClock } from '#libs/kernel';
import type { Clock, Decider, LocalDate, NewEvent } from '#libs/kernel';
import { communityDecider, registerCommunity } from '#libs/portfolio';
import { accountDecider } from '#libs/receivables';
import type { AccountState } from '#libs/receivables';
import type { Runtime } from '#libs/runtime';
import { findCommunity } from '../books.js';
import type { HistoryBooks } from './history-facts.js';
import { IMPORTER, SOURCE } from './history-recorder.js';
import type { ImportStores } from './import-history.js';

/** Reminders and referrals, facts of another context, go into the same streams: they are stored, not folded. */
const bookkeeper = accountDecider as unknown as Decider<AccountState, NewEvent>;

export interface ImportStoresOptions {
  /** Everything is read and decided, nothing is stored. */
  readonly dryRun?: boolean;
  readonly clock?: Clock;
}

/** The event store as a journal is recorded in it. */
export function importStores(
  { eventStore, upcasters }: Pick<Runtime, 'eventStore' | 'upcasters'>,
  { dryRun = false, clock = systemClock }: ImportStoresOptions = {},
): ImportStores {
  const writer = new BulkWriter(dryRun ? withoutWriting(eventStore) : eventStore, clock, upcasters);
  const runner = new CommandRunner(eventStore, clock, upcasters);
  return {
    findBooks: (communityId) => findBooks(eventStore, communityId),
    register: async (books, firstDay) => {
      if (!dryRun) await register(runner, clock, books, firstDay);
    },
    openAccount: (communityId, account) => writer.open(bookkeeper, communityId, account),
  };
}

async function findBooks(eventStore: EventStore, communityId: string): Promise<HistoryBooks | undefined> {
  try {
    return await findCommunity(eventStore, communityId);
  } catch (error) {
    if (error instanceof DomainError && error.code === 'COMMUNITY_NOT_FOUND') return undefined;
    throw error;
  }
}

/** Does nothing when somebody else has registered the community meanwhile. */
async function register(
  runner: CommandRunner,
  clock: Clock,
  { communityId, currency, timeZone }: HistoryBooks,
  firstDay: LocalDate | undefined,
): Promise<void> {
  const now = clock.now();
  const effectiveOn = firstDay ?? localDateOf(now, timeZone);
  const dates = { effectiveOn, occurredAt: firstDay === undefined ? now : localMidnight(firstDay, timeZone) };
  const input = ['community', currency, timeZone];
  const commandId = commandIdOf(communityId, SOURCE, input);
  await runner.execute(communityDecider, communityId, { commandId, input, actor: IMPORTER, communityId }, (state) =>
    state.status === 'Registered'
      ? []
      : registerCommunity(state, { communityId, currency, timeZone }, { actor: IMPORTER, ...dates }),
  );
}

/** Reads what is there; takes appends and forgets them. It has what a bulk writer asks of a store. */
export function withoutWriting(store: EventStore): EventStore {
  const reading: Pick<EventStore, 'readStream' | 'append' | 'confirm' | 'headPosition'> = {
    readStream: (...args) => store.readStream(...args),
    headPosition: (...args) => store.headPosition(...args),
    append: async (_stream, expected, events) => {
      const last = expected === 'no_stream' ? -1n : expected;
      return { revision: last + BigInt(events.length), position: 0n };
    },
    confirm: async () => true,
  };
  return reading as EventStore;
}
