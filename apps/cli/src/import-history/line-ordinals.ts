import type { JournalLine } from './journal-line.js';

/**
 * Numbers identical lines (all six fields as read) from 0. Lines must come sorted by account and date: identical ones
 * are then in one group, and only that group is remembered.
 */
export class LineOrdinals {
  #account: string | undefined;
  #occurredOn: string | undefined;
  #seen = new Map<string, number>();

  next(l: JournalLine): number {
    if (l.account !== this.#account || l.occurredOn !== this.#occurredOn) {
      this.#account = l.account;
      this.#occurredOn = l.occurredOn;
      this.#seen = new Map();
    }
    const key = `${l.accountAsRead}\t${l.entry}\t${l.amountMinor}\t${l.dueOn}\t${l.reference}`;
    const ordinal = this.#seen.get(key) ?? 0;
    this.#seen.set(key, ordinal + 1);
    return ordinal;
  }
}
