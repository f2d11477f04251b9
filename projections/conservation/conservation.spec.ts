import { describe, expect, it } from '@jest/globals';
import { EventReader, type ProjectedEvent, type SourceEvent } from '#libs/projection-engine';
import { MemoryLog } from '../account-log.fixtures.js';
import { MemoryCase } from '../case-log.fixtures.js';
import { IDENTITIES } from '../identities/names.js';
import { conservationProjection, type CaseMonitorDocument, type MonitorDocument } from './conservation.projection.js';

const STREAM = 'account-yinghu.B1/0101';
const money = (minor: number) => ({ currency: 'CNY', minor: `${minor}` });
const policy = { name: 'principal-first-oldest-due', version: 1 };
const part = (itemId: string, minor: number) => ({
  itemId,
  kind: 'principal',
  dueOn: '2026-02-05',
  amount: money(minor),
});
const fee = (itemId: string, minor: number) => {
  const data = {
    itemId,
    item: 'fee',
    amount: money(minor),
    dueOn: '2026-02-05',
    reference: '',
    tariff: null,
    period: null,
  };
  return { type: 'FeeAssessed', data };
};
const payment = (paymentId: string, minor: number) => ({
  type: 'PaymentReceived',
  data: { paymentId, amount: money(minor), method: 'cash', reference: '', receiptNumber: null, designatedItemIds: [] },
});
const allocated = (paymentId: string, ...items: object[]) => ({
  type: 'PaymentAllocated',
  data: { paymentId, policy, items },
});

function fold(events: readonly ProjectedEvent[]): Map<string, MonitorDocument> {
  const documents = new Map<string, MonitorDocument>();
  for (const event of events) {
    for (const key of conservationProjection.keys(event)) {
      documents.set(key, conservationProjection.evolve(documents.get(key), event, key)!);
    }
  }
  return documents;
}

/** Facts that no decision would record, at positions 10, 20, … */
function monitored(...facts: { readonly type: string; readonly data: object }[]): MonitorDocument {
  const log = new MemoryLog();
  const on = { effectiveOn: '2026-01-10', occurredAt: '2026-01-10T00:00:00.000Z' };
  return fold(
    log.append(
      'yinghu',
      STREAM,
      facts.map((fact) => ({ ...fact, ...on })),
    ),
  ).get(STREAM)!;
}

const found = ({ violations }: MonitorDocument) =>
  violations.map(({ identity, since, detail }) => [identity, since, detail]);

describe('the identities of domain.md §4 as running checks', () => {
  it('hold at every event that the decisions record', () => {
    const log = new MemoryLog();
    const account = log.account('B1/0101');
    account.open('2026-01-01');
    for (let month = 1; month <= 9; month += 1) {
      account.fee(`2026-0${month}-01`, `2026-0${month}-05`, 25040n);
      account.pay(`2026-0${month}-03`, BigInt(20_000 + month * 1_500));
    }
    account.reversePayment('2026-10-01', '2');
    account.reverseFee('2026-10-02', '3');
    for (const kind of ['complaint', 'request'] as const) {
      new MemoryCase(log, 'C-1', kind).lines(
        '2026-01-05T02:00 registered',
        '2026-01-06T02:00 resolved',
        '2026-01-07T02:00 closed',
      );
      new MemoryCase(log, 'C-2', kind).lines(
        '2026-01-05T02:00 registered',
        '2026-01-06T02:00 duplicate',
        '2026-01-07T02:00 noted',
      );
    }
    const events = new EventReader().read(log.events as SourceEvent[]);
    for (let upTo = 1; upTo <= events.length; upTo += 1) {
      for (const document of fold(events.slice(0, upTo)).values()) expect(found(document)).toEqual([]);
    }
    expect([...fold(events).values()].map(({ brokenSince }) => brokenSince)).toEqual([null, null, null, null, null]);
  });

  it('no more is allocated than was paid, and no fee goes below zero: the first violating position is kept', () => {
    const before = [fee('1', 100), payment('2', 50), allocated('2', part('1', 50))];
    expect(found(monitored(...before))).toEqual([]);
    const broken = monitored(...before, allocated('2', part('1', 80)), payment('3', 10));
    expect(found(broken)).toEqual([
      [IDENTITIES.items, 40n, 'item 1: -30'],
      [IDENTITIES.payments, 40n, 'payment 2: -80 left'],
    ]);
    expect(broken.brokenSince).toBe(40n);
  });

  it('an entry that does not balance is found, and so are books that no longer agree', () => {
    const reversed = {
      paymentId: '2',
      amount: money(50),
      reason: '',
      reopened: [part('1', 20)],
      creditRemoved: money(0),
    };
    const broken = monitored(fee('1', 100), payment('2', 50), allocated('2', part('1', 20)), {
      type: 'PaymentReversed',
      data: reversed,
    });
    expect(found(broken)).toEqual([
      [IDENTITIES.cash, 40n, 'cash 0, allocated 0, credit 30'],
      [IDENTITIES.entries, 40n, 'debits 190, credits 220'],
    ]);
  });

  it('what holds again is forgotten, and the next time has its own position', () => {
    const below = [fee('1', 100), payment('2', 500), allocated('2', part('1', 130))];
    expect(found(monitored(...below))).toEqual([[IDENTITIES.items, 30n, 'item 1: -30']]);
    const healed = [...below, fee('1', 30)];
    expect(monitored(...healed)).toMatchObject({ violations: [], brokenSince: null });
    expect(monitored(...healed, allocated('2', part('1', 1))).brokenSince).toBe(50n);
  });

  it('a case is opened once, and ends unhandled in one way', () => {
    const log = new MemoryLog();
    const first = new MemoryCase(log, 'C-1').open('2026-01-05T02:00:00.000Z');
    const again = { ...first[0]!, position: 990n };
    const document = fold([...first, again]).get(first[0]!.stream)!;
    expect(found(document)).toEqual([
      [IDENTITIES.states, 990n, 'opened 2 times'],
      [IDENTITIES.milestones, 990n, 'acknowledge: 0 + 0 + 1 of 2'],
    ]);
  });

  const caseOf = (...lines: readonly string[]) => {
    const log = new MemoryLog();
    new MemoryCase(log, 'C-1').lines(...lines);
    return new EventReader().read(log.events as readonly SourceEvent[]);
  };
  const begun = ['2026-01-05T02:00 registered', '2026-01-05T03:00 accepted'];

  it('what ended unhandled counts in no milestone, whatever follows; everything else in each of them once', () => {
    const events = caseOf(...begun, '2026-01-06T02:00 rejected');
    const { stream } = events[0]!;
    expect(fold(events).get(stream)).toMatchObject({ ended: 'rejected', violations: [] });
    const resolved = { ...caseOf(...begun, '2026-01-06T02:00 resolved').at(-1)!, position: 990n };
    expect(found(fold([...events, resolved]).get(stream)!)).toEqual([
      [IDENTITIES.states, 990n, 'rejected by the facts, Resolved in the figures'],
      [IDENTITIES.milestones, 990n, 'acknowledge: 1 + 0 + 0 of 0'],
    ]);
  });

  it('a breach that was recorded is never rewritten, and queue and figures know the same', () => {
    const events = caseOf(...begun);
    const { stream } = events[0]!;
    const books = fold(events).get(stream) as CaseMonitorDocument;
    const next = { ...events.at(-1)!, type: 'ProgressReported', position: 501n };
    const after = (changed: object) =>
      found(conservationProjection.evolve({ ...books, ...changed }, next, stream) as CaseMonitorDocument);
    expect(after({})).toEqual([]);
    expect(after({ breached: ['answer'] })).toEqual([
      [IDENTITIES.milestones, 501n, 'answer: its breach is recorded, and it is running'],
    ]);
    const forgotten = { ...books.queued!, doneAt: { ...books.queued!.doneAt, accept: null } };
    expect(after({ queued: forgotten })).toEqual([
      [IDENTITIES.milestones, 501n, 'accept: done null in the queue, 2026-01-05T03:00:00.000Z in the figures'],
    ]);
    expect(after({ queued: { ...books.queued!, status: 'Closed' } })).toEqual([
      [IDENTITIES.states, 501n, 'Closed in the queue, Open in the figures'],
    ]);
  });

  it('an account of very many open fees takes no longer for each of them', () => {
    const fees = Array.from({ length: 30_000 }, (_, n) => fee(`${n + 1}`, 100));
    const { brokenSince, ...document } = monitored(...fees, payment('30001', 5), allocated('30001', part('17', 5)));
    expect(brokenSince).toBeNull();
    expect(document).toMatchObject({ sums: { open: 2_999_995n, outstanding: 2_999_995n } });
  });
});
