import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { addDays, type LocalDate } from '#libs/kernel';
import { assessFee, receivePayment } from './account.decisions.js';
import type { AccountEvent } from './account.events.js';
import { fee, on, payment, Scenario } from './account.scenario.js';
import type { OpenAccount } from './account.state.js';
import { liftHold, openDispute, placeHold } from './hold.decisions.js';
import { recordHistoryLine, type HistoryLine } from './history.decisions.js';
import { assessLateFee } from './late-fee.decisions.js';
import { postingsOf, type Posting } from './postings.js';
import { reverseFee, reversePayment } from './reversal.decisions.js';

/** A random command; `pick` chooses among the ids that the account has by then. */
interface Step {
  readonly kind:
    'fee' | 'late' | 'pay' | 'designate' | 'unfee' | 'unpay' | 'hold' | 'lift' | 'dispute' | 'line-fee' | 'line-pay';
  readonly day: number;
  readonly due: number;
  readonly minor: number;
  readonly pick: number;
}

const day = (n: number): LocalDate => addDays('2026-01-01', n);
const DAYS = 60;

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    kind: fc.constantFrom<Step['kind'][]>(
      ...(['fee', 'fee', 'late', 'pay', 'pay', 'designate', 'unfee', 'unpay', 'hold', 'lift', 'dispute'] as const),
      ...(['line-fee', 'line-pay'] as const),
    ),
    day: fc.nat(DAYS - 1),
    due: fc.nat(DAYS - 1),
    minor: fc.integer({ min: 1, max: 5_000 }),
    pick: fc.nat(1_000),
  }),
  { minLength: 1, maxLength: 40, size: 'max' },
);

function run(history: readonly Step[], afterEach: (scenario: Scenario) => void = () => {}): Scenario {
  const scenario = Scenario.opened('2026-01-01');
  for (const step of history) {
    perform(scenario, step);
    afterEach(scenario);
  }
  return scenario;
}

function perform(scenario: Scenario, { kind, day: n, due, minor, pick }: Step): void {
  const context = on(day(n));
  const { account } = scenario;
  const choose = <T>(all: Iterable<T>): T | undefined => {
    const list = [...all];
    return list[pick % Math.max(list.length, 1)];
  };
  const item = choose(account.items.values());
  const attempt = (act: () => unknown) => {
    try {
      act();
    } catch (error) {
      // Refusals (reversed twice, no tariff …) are part of a random history; broken histories are not.
      if ((error as { code?: string }).code === undefined) throw error;
    }
  };
  switch (kind) {
    case 'fee':
      return attempt(() =>
        scenario.when(assessFee, fee(minor, day(due), pick % 4 === 0 ? { tariff: null } : {}), context),
      );
    case 'late':
      return attempt(() => scenario.when(assessLateFee, { forItemId: item?.itemId ?? '1', reference: '' }, context));
    case 'pay':
      return attempt(() => scenario.when(receivePayment, payment(minor * (1 + (pick % 3))), context));
    case 'designate':
      return attempt(() =>
        scenario.when(receivePayment, payment(minor, { designatedItemIds: item ? [item.itemId] : [] }), context),
      );
    case 'unfee':
      return attempt(() => scenario.when(reverseFee, { itemId: item?.itemId ?? '1', reason: 'r' }, context));
    case 'unpay': {
      const paymentId = choose(account.payments.keys()) ?? '1';
      return attempt(() => scenario.when(reversePayment, { paymentId, reason: 'r' }, context));
    }
    case 'hold':
      return attempt(() => scenario.when(placeHold, { reason: 'r' }, context));
    case 'lift':
      return attempt(() =>
        scenario.when(liftHold, { holdId: choose(account.holds.keys()) ?? '1', reason: 'r' }, context),
      );
    case 'dispute':
      return attempt(() => scenario.when(openDispute, { reference: 'r' }, context));
    case 'line-fee':
      return line(scenario, day(n), { entry: 'late-fee', amountMinor: BigInt(minor), dueOn: day(due), reference: 'r' });
    case 'line-pay':
      return line(scenario, day(n), { entry: 'payment', amountMinor: BigInt(minor), reference: 'r' });
  }
}

function line(scenario: Scenario, effectiveOn: LocalDate, entry: HistoryLine): void {
  const { accountId, currency, timeZone } = scenario.account;
  const context = { accountId, currency, timeZone, effectiveOn, occurredAt: `${effectiveOn}T00:00:00.000Z` };
  scenario.fold(recordHistoryLine(scenario.state, entry, context));
}

/** Figures worked out from the journal alone, by none of the code that keeps the state. */
function books(events: readonly AccountEvent[]) {
  const items = new Map<string, bigint>();
  const credits = new Map<string, bigint>();
  const total = { cash: 0n, receivable: 0n, 'customer-credit': 0n, revenue: 0n };
  const add = (map: Map<string, bigint>, key: string, minor: bigint) => map.set(key, (map.get(key) ?? 0n) + minor);
  for (const event of events) {
    for (const p of postingsOf(event)) {
      const net = p.debitMinor - p.creditMinor;
      total[p.ledgerAccount] += net;
      if (p.ledgerAccount === 'receivable') add(items, p.itemId!, net);
      if (p.ledgerAccount === 'customer-credit') add(credits, p.paymentId!, -net);
    }
  }
  return { items, credits, total };
}

/** The whole state as text: it is a graph with cycles (items know their holds, holds their items), named by ids here. */
function snapshot({ items, payments, holds, openItems, credits, ...rest }: OpenAccount): string {
  const plain = {
    ...rest,
    disputes: [...rest.disputes.values()],
    items: [...items.values()].map((item) => ({
      ...item,
      holds: item.holds.map((h) => h.holdId),
      lateFees: item.kind === 'principal' ? item.lateFees.map((f) => f.itemId) : [],
    })),
    payments: [...payments.values()],
    holds: [...holds.values()].map((hold) => ({ ...hold, items: hold.items.map((i) => i.itemId) })),
    openItems: Array.from(openItems, (i) => i.itemId),
    credits: Array.from(credits, (p) => p.paymentId),
  };
  return JSON.stringify(plain, (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value));
}

const sum = (values: Iterable<bigint>) => [...values].reduce((a, b) => a + b, 0n);
const sides = (postings: readonly Posting[]) => [
  sum(postings.map((p) => p.debitMinor)),
  sum(postings.map((p) => p.creditMinor)),
];

describe('§4 identities on random histories (fees, late fees, payments, credits, holds, reversals, back-dated, imported)', () => {
  it('outstanding = Σ open items; running balance = outstanding − credit; state = journal', () => {
    fc.assert(
      fc.property(steps, (history) => {
        run(history, ({ account, events }) => {
          const { items, credits, total } = books(events);
          expect(account.outstandingMinor).toBe(sum([...account.openItems].map((i) => i.openMinor)));
          expect(account.creditMinor).toBe(sum([...account.credits].map((p) => p.creditMinor)));
          expect(total.receivable).toBe(account.outstandingMinor);
          expect(-total['customer-credit']).toBe(account.creditMinor);
          // A running balance moves by what was charged and what came in, by nothing else.
          expect(account.outstandingMinor - account.creditMinor).toBe(-total.revenue - total.cash);
          for (const item of account.items.values()) expect(items.get(item.itemId) ?? 0n).toBe(item.openMinor);
          for (const p of account.payments.values()) expect(credits.get(p.paymentId) ?? 0n).toBe(p.creditMinor);
        });
      }),
    );
  });

  it('debits = credits in every entry, and no side is negative', () => {
    fc.assert(
      fc.property(steps, (history) => {
        for (const event of run(history).events) {
          const postings = postingsOf(event);
          const [debits, credits] = sides(postings);
          expect(debits).toBe(credits);
          expect(
            postings.every((p) => p.debitMinor >= 0n && p.creditMinor >= 0n && p.debitMinor !== p.creditMinor),
          ).toBe(true);
        }
      }),
    );
  });

  it('cash received = allocated + credit held; Σ allocations of a payment ≤ the payment', () => {
    fc.assert(
      fc.property(steps, (history) => {
        const { account, events } = run(history);
        const standing = [...account.payments.values()].map((p) => {
          const allocated = sum(p.allocations.filter((a) => a.undoneOn === null).map((a) => a.amountMinor));
          expect(allocated + p.creditMinor).toBe(p.reversedOn === null ? p.amountMinor : 0n);
          return allocated;
        });
        expect(books(events).total.cash).toBe(sum(standing) + account.creditMinor);
      }),
    );
  });

  it('no item is below zero, and no account has both credit and open items after a command', () => {
    fc.assert(
      fc.property(steps, (history) => {
        run(history, ({ account }) => {
          for (const item of account.items.values()) {
            expect(item.openMinor >= 0n && item.openMinor <= item.amountMinor).toBe(true);
          }
          expect(account.creditMinor > 0n && account.openItems.size > 0).toBe(false);
        });
      }),
    );
  });

  it('D16 cut at any day, as posted up to any command: no item and no credit is below zero, and the totals add up', () => {
    fc.assert(
      fc.property(steps, fc.nat(40), (history, known) => {
        const { events } = run(history.slice(0, known + 1));
        for (let n = 0; n < DAYS; n += 1) {
          const cut = books(events.filter((event) => event.effectiveOn <= day(n)));
          for (const minor of [...cut.items.values(), ...cut.credits.values()]) expect(minor >= 0n).toBe(true);
          expect(cut.total.receivable + cut.total['customer-credit']).toBe(-cut.total.revenue - cut.total.cash);
        }
      }),
    );
  });

  it('D6 no day of a fee is charged twice, and the standing charges stay within the cap', () => {
    fc.assert(
      fc.property(steps, (history) => {
        for (const item of run(history).account.items.values()) {
          if (item.kind !== 'principal') continue;
          const live = item.lateFees.filter((f) => f.reversedOn === null);
          const periods = live.map((f) => f.basis!).sort((a, b) => (a.from < b.from ? -1 : 1));
          periods.forEach((p, i) => expect(i === 0 || p.from > periods[i - 1]!.to).toBe(true));
          expect(sum(live.map((f) => f.amountMinor)) <= item.amountMinor).toBe(true);
        }
      }),
    );
  });

  it('D11 ids are never used twice, and folding the same events again gives the same account', () => {
    fc.assert(
      fc.property(steps, (history) => {
        const { events, account } = run(history);
        const named = events.flatMap((e) => {
          if (e.type === 'FeeAssessed' || e.type === 'LateFeeAssessed') return [e.data.itemId];
          if (e.type === 'PaymentReceived') return [e.data.paymentId];
          if (e.type === 'HoldPlaced') return [e.data.holdId];
          return e.type === 'DisputeOpened' ? [e.data.disputeId] : [];
        });
        expect(named).toEqual(named.map((_, i) => String(i + 1)));
        const again = new Scenario().fold(JSON.parse(JSON.stringify(events)) as AccountEvent[]).account;
        expect(snapshot(again)).toBe(snapshot(account));
      }),
    );
  });
});
