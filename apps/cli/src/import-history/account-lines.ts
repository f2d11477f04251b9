import type { JournalLine } from './journal-line.js';

/** Consecutive lines of one account; a long account comes in several blocks. */
export interface AccountBlock {
  readonly account: string;
  readonly lines: readonly JournalLine[];
  readonly isFirst: boolean;
}

/** Lines of one account taken at once: bounds the memory of an account that fills the whole file. */
const BLOCK_LINES = 2000;

/** Cuts sorted lines into blocks of one account each. */
export async function* blocksOfAccounts(
  sorted: AsyncIterable<readonly JournalLine[]>,
  blockLines: number = BLOCK_LINES,
): AsyncGenerator<AccountBlock> {
  let lines: JournalLine[] = [];
  let account: string | undefined;
  let isFirst = true;
  for await (const batch of sorted) {
    for (const line of batch) {
      const isNext = line.account !== account;
      if (lines.length > 0 && (isNext || lines.length >= blockLines)) {
        yield { account: account!, lines, isFirst };
        lines = [];
        isFirst = false;
      }
      if (isNext) isFirst = true;
      account = line.account;
      lines.push(line);
    }
  }
  if (lines.length > 0) yield { account: account!, lines, isFirst };
}
