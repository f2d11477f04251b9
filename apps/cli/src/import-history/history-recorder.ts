import type { BulkStream, CommandContext } from '#libs/event-store';
import { commandIdOf, DomainError } from '#libs/kernel';
import type { Actor, NewEvent } from '#libs/kernel';
import type { AccountState } from '#libs/receivables';
import { blocksOfAccounts } from './account-lines.js';
import type { AccountBlock } from './account-lines.js';
import { factsOfLine } from './history-facts.js';
import type { HistoryBooks } from './history-facts.js';
import type { ImportTally } from './import-report.js';
import type { JournalLine } from './journal-line.js';
import { LineOrdinals } from './line-ordinals.js';

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

/** Accounts in flight: while one waits for its append, others are loaded and decided. */
const ACCOUNTS_IN_FLIGHT = 32;
export const IMPORTER: Actor = { id: 'import', role: 'import' };
export const SOURCE = 'import-history';

/**
 * Records sorted lines, many accounts at a time, each account's lines in their order.
 * A refused line is tallied and the others go on; a failure of the store ends the import: the same file again resumes it.
 */
export class HistoryRecorder {
  readonly #running = new Set<Promise<void>>();
  #account: { readonly name: string; tail: Promise<AccountStream> } | undefined;
  #failure: { readonly error: unknown } | undefined;

  constructor(private readonly options: RecorderOptions) {}

  /** Throws the signal's reason when aborted: nothing is lost that was tallied, and no append is cut. */
  async record(sorted: AsyncIterable<readonly JournalLine[]>): Promise<void> {
    const ordinals = new LineOrdinals();
    try {
      for await (const block of blocksOfAccounts(sorted)) {
        this.#throwIfStopped();
        this.#start(
          block,
          block.lines.map((line) => ordinals.next(line)),
        );
        if (this.#running.size >= ACCOUNTS_IN_FLIGHT) await Promise.race(this.#running);
      }
    } finally {
      await Promise.all(this.#running);
    }
    this.#throwIfStopped();
  }

  #throwIfStopped(): void {
    if (this.#failure) throw this.#failure.error;
    this.options.signal?.throwIfAborted();
  }

  #start(block: AccountBlock, ordinals: readonly number[]): void {
    const before = block.isFirst || !this.#account ? this.options.open(block.account) : this.#account.tail;
    const tail = before.then(async (stream) => {
      await this.#recordBlock(stream, block, ordinals);
      return stream;
    });
    this.#account = { name: block.account, tail };
    const running: Promise<void> = tail
      .then(
        () => undefined,
        (error: unknown) => {
          this.#failure ??= { error };
        },
      )
      .finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  async #recordBlock(stream: AccountStream, block: AccountBlock, ordinals: readonly number[]): Promise<void> {
    const { tally, signal, onProgress } = this.options;
    const unsettled = new Map<string, number>();
    for (const [index, line] of block.lines.entries()) {
      if (this.#failure || signal?.aborted) return;
      const context = this.#contextOf(line, ordinals[index]!);
      try {
        const outcome = await stream.record(context, (state) => factsOfLine(state, line, this.options.books));
        if (outcome === 'unchanged') tally.unchanged += 1;
        else unsettled.set(context.commandId, line.line);
      } catch (error) {
        if (!isRefusal(error)) throw error;
        tally.reject(line.line, error);
      }
    }
    const { refused } = await stream.flush();
    for (const { commandId, error } of refused) {
      const line = unsettled.get(commandId);
      if (line === undefined) continue;
      unsettled.delete(commandId);
      tally.reject(line, error);
    }
    tally.imported += unsettled.size;
    onProgress?.(block.lines.length);
  }

  /** The command of a line: its id says which line of which community it is, so that the same line again changes nothing. */
  #contextOf(line: JournalLine, ordinal: number): CommandContext {
    const { communityId } = this.options.books;
    const { occurredOn, accountAsRead, entry, amountMinor, dueOn, reference } = line;
    const key = [occurredOn, accountAsRead, entry, amountMinor, dueOn, reference, ordinal];
    return { commandId: commandIdOf(communityId, SOURCE, key), input: key, actor: IMPORTER, communityId };
  }
}

/** Other failures of the store are DomainErrors too, but say nothing about the line. */
function isRefusal(error: unknown): error is DomainError {
  return error instanceof DomainError && (error.name === 'DomainError' || error.code === 'COMMAND_TOO_LARGE');
}
