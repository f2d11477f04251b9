import { DomainError, type Actor, type LocalDate, type Money } from '#libs/kernel';
import { openAccount, type AssessFee, type ReceivePayment } from './account.decisions.js';
import type { AccountEvent } from './account.events.js';
import { evolve } from './account.evolve.js';
import { initialAccount, type AccountState, type OpenAccount } from './account.state.js';
import type { DecisionContext } from './decision-support.js';

type Decide<C> = (state: AccountState, command: C, context: DecisionContext) => AccountEvent[];

export const CASHIER: Actor = { id: 'cashier-1', role: 'cashier' };

export function yuan(minor: bigint | number): Money {
  return { currency: 'CNY', minor: BigInt(minor) };
}

export function on(effectiveOn: LocalDate, actor: Actor = CASHIER): DecisionContext {
  return { actor, effectiveOn, occurredAt: `${effectiveOn}T01:00:00.000Z` };
}

/** A fee of a tariff with the default late fee (D6). */
export function fee(minor: bigint | number, dueOn: string, extra: Partial<AssessFee> = {}): AssessFee {
  return {
    item: 'fee',
    amount: yuan(minor),
    dueOn,
    reference: 'B1/0101/1',
    tariff: { tariffId: 'T1', version: 1 },
    period: null,
    ...extra,
  };
}

export function payment(minor: bigint | number, extra: Partial<ReceivePayment> = {}): ReceivePayment {
  return {
    amount: yuan(minor),
    method: 'bank-transfer',
    reference: 'R1',
    receiptNumber: null,
    designatedItemIds: [],
    ...extra,
  };
}

/** Given, when, then for accounts: every decided event is folded; `last` holds the events of the latest command. */
export class Scenario {
  state: AccountState = initialAccount();
  readonly events: AccountEvent[] = [];
  last: readonly AccountEvent[] = [];

  /** A scenario whose account is open, in CNY. */
  static opened(day: LocalDate = '2026-01-01'): Scenario {
    const account = { accountId: 'B1/0101', currency: 'CNY', timeZone: 'Asia/Shanghai' };
    return new Scenario().when(openAccount, account, on(day));
  }

  when<C>(decide: Decide<C>, command: C, context: DecisionContext): this {
    return this.fold(decide(this.state, command, context));
  }

  fold(events: readonly AccountEvent[]): this {
    this.last = events;
    for (const event of events) {
      this.state = evolve(this.state, event);
      this.events.push(event);
    }
    return this;
  }

  /** What the latest command allocated: `[type, effectiveOn, 'itemId:minor', …]` per event. */
  get shares(): string[][] {
    return this.last.flatMap((e) =>
      e.type === 'PaymentAllocated' || e.type === 'CreditApplied'
        ? [[e.type, e.effectiveOn, ...e.data.items.map((i) => `${i.itemId}:${i.amount.minor}`)]]
        : [],
    );
  }

  /** The code with which a command is refused; 'accepted' when it is not. Nothing is folded. */
  refusal<C>(decide: Decide<C>, command: C, context: DecisionContext): string {
    try {
      decide(this.state, command, context);
      return 'accepted';
    } catch (error) {
      if (error instanceof DomainError) return error.code;
      throw error;
    }
  }

  get account(): OpenAccount {
    if (this.state.status === 'NotOpen') throw new Error('The scenario has not opened the account');
    return this.state;
  }
}
