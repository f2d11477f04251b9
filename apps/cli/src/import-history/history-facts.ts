import { recordHistoryReferral, recordHistoryReminder } from '#libs/collections';
import { localMidnight, parseMinor } from '#libs/kernel';
import type { NewEvent } from '#libs/kernel';
import { openForHistory, recordHistoryLine } from '#libs/receivables';
import type { AccountState, HistoryContext } from '#libs/receivables';
import type { JournalLine } from './journal-line.js';

/** Whose books a journal goes into. */
export interface HistoryBooks {
  readonly communityId: string;
  readonly currency: string;
  readonly timeZone: string;
}

/**
 * The facts of a checked line, at its own date. The first line of an account opens it.
 * @throws DomainError the refusals of `recordHistoryLine`
 */
export function factsOfLine(state: AccountState, line: JournalLine, books: HistoryBooks): NewEvent[] {
  const { currency, timeZone } = books;
  const { account: accountId, occurredOn: effectiveOn, reference, dueOn } = line;
  const occurredAt = localMidnight(effectiveOn, timeZone);
  const context: HistoryContext = { accountId, currency, timeZone, effectiveOn, occurredAt };
  switch (line.entry) {
    case 'fee':
    case 'expense':
    case 'late-fee': {
      const amountMinor = parseMinor(line.amountMinor);
      return recordHistoryLine(state, { entry: line.entry, amountMinor, dueOn, reference }, context);
    }
    case 'payment':
      return recordHistoryLine(
        state,
        { entry: 'payment', amountMinor: parseMinor(line.amountMinor), reference },
        context,
      );
    case 'dispute-opened':
    case 'dispute-progress':
      return recordHistoryLine(state, { entry: line.entry, reference }, context);
    case 'reminder':
      return [...openForHistory(state, context), ...recordHistoryReminder(reference, { effectiveOn, occurredAt })];
    case 'legal-referral':
      return [...openForHistory(state, context), ...recordHistoryReferral(reference, { effectiveOn, occurredAt })];
  }
}
