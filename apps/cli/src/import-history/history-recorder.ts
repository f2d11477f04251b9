import type { BulkStream, CommandContext } from '#libs/event-store';
import { commandIdOf } from '#libs/kernel';
import type { Actor, NewEvent } from '#libs/kernel';
import type { AccountState } from '#libs/receivables';
import { factsOfLine } from './history-facts.js';
import type { HistoryBooks } from './history-facts.js';
import type { ImportTally } from './import-report.js';
import type { JournalLine } from './journal-line.js';
import { JOURNAL_CODEC } from './line-codec.js';
import { LineRecorder } from './line-recorder.js';

export type AccountStream = BulkStream<AccountState, NewEvent>;

export interface RecorderOptions {
  /** Opens an account's stream for many commands. */
  readonly open: (account: string) => Promise<AccountStream>;
  readonly books: HistoryBooks;
  readonly tally: ImportTally;
  readonly signal?: AbortSignal;
  /** Told the number of lines whose outcome is settled. */
  readonly onProgress?: (lines: number) => void;
}

export const IMPORTER: Actor = { id: 'import', role: 'import' };
export const SOURCE = 'import-history';

/** Records the sorted lines of a journal as facts of their accounts. */
export function historyRecorder({ books, ...options }: RecorderOptions): LineRecorder<JournalLine, AccountState> {
  return new LineRecorder({
    ...options,
    codec: JOURNAL_CODEC,
    lineNumber: ({ line }) => line,
    contextOf: (line, ordinal) => contextOf(line, ordinal, books.communityId),
    decisionOf: (line) => (state) => factsOfLine(state, line, books),
  });
}

/** The command of a line: its id says which line of which community it is, so that the same line again changes nothing. */
function contextOf(line: JournalLine, ordinal: number, communityId: string): CommandContext {
  const { occurredOn, accountAsRead, entry, amountMinor, dueOn, reference } = line;
  const key = [occurredOn, accountAsRead, entry, amountMinor, dueOn, reference, ordinal];
  return { commandId: commandIdOf(communityId, SOURCE, key), input: key, actor: IMPORTER, communityId };
}
