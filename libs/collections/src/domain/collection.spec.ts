import { describe, expect, it } from '@jest/globals';
import { addDays, DomainError } from '#libs/kernel';
import {
  dueReminders,
  recordHistoryReferral,
  recordHistoryReminder,
  recordLegalReferral,
  sendReminder,
  type DecisionContext,
} from './collection.decisions.js';
import type { CollectionHistoryEvent, ObservedEvent } from './collection.events.js';
import { collectionDecider, describeCollection, evolve, type CollectionState } from './collection.state.js';
import { REMINDER_LADDER } from './ladder.js';

const dates = (effectiveOn: string) => ({ effectiveOn, occurredAt: `${effectiveOn}T01:00:00.000Z` });
const on = (effectiveOn: string, role = 'collector', id = 'collector-1'): DecisionContext => ({
  actor: { id, role },
  ...dates(effectiveOn),
});
const yuan = (minor: number) => ({ currency: 'CNY', minor: String(minor) });
const opened: ObservedEvent = { type: 'AccountOpened', data: { accountId: 'A' }, ...dates('2026-01-01') };
const fee = (itemId: string, dueOn: string, tariff: object | null = {}): ObservedEvent => ({
  type: 'FeeAssessed',
  data: { itemId, dueOn, amount: yuan(100), tariff },
  ...dates('2026-01-02'),
});
const items = (...itemIds: string[]) => itemIds.map((itemId) => ({ itemId, dueOn: '2026-02-05' }));
const given = (...events: CollectionHistoryEvent[]): CollectionState =>
  [opened, ...events].reduce(evolve, collectionDecider.initialState());
const billed = (...events: CollectionHistoryEvent[]) =>
  given(fee('1', '2026-02-05'), fee('2', '2026-02-05'), ...events);

const outcome = (act: () => unknown): unknown => {
  try {
    return act();
  } catch (error) {
    if (error instanceof DomainError) return error.code;
    throw error;
  }
};
const remind = (state: CollectionState, rung: string, channel: string, day: string, ...itemIds: string[]) =>
  outcome(() => sendReminder(state, { rung, channel, reference: 'N1', itemIds }, on(day)));

describe('D9 reminders', () => {
  it('records what was sent, on which rung, by which channel, for which items', () => {
    expect(remind(billed(), '+1', 'sms', '2026-02-06', '1', '2', '1')).toEqual([
      {
        type: 'ReminderSent',
        data: { rung: '+1', channel: 'sms', reference: 'N1', items: items('1', '2') },
        ...dates('2026-02-06'),
      },
    ]);
  });

  it.each(REMINDER_LADDER.map((r) => [r.rung, r] as const))(
    'rung %s from its day on, not before',
    (rung, { daysFromDue, channels }) => {
      const first = addDays('2026-02-05', daysFromDue);
      expect(remind(billed(), rung, channels[0]!, first, '1')).toHaveLength(1);
      expect(remind(billed(), rung, channels[0]!, addDays(first, -1), '1')).toBe('RUNG_NOT_REACHED');
    },
  );

  it('the defaults are −5, 0, +1 by SMS or app, +7 by phone, +15 written notice, +25 demand letter', () => {
    expect(REMINDER_LADDER.map((r) => [r.daysFromDue, ...r.channels])).toEqual([
      [-5, 'sms', 'app'],
      [0, 'sms', 'app'],
      [1, 'sms', 'app'],
      [7, 'phone'],
      [15, 'written-notice'],
      [25, 'demand-letter'],
    ]);
    expect(remind(billed(), '+31', 'sms', '2026-05-01', '1')).toBe('RUNG_UNKNOWN');
    expect(remind(billed(), '+7', 'sms', '2026-05-01', '1')).toBe('CHANNEL_NOT_ON_RUNG');
  });

  it('nothing is sent on the same rung twice for the same item', () => {
    const sent = sendReminder(
      billed(),
      { rung: '+1', channel: 'sms', reference: '', itemIds: ['1'] },
      on('2026-02-06'),
    );
    const state = billed(...sent);
    expect(remind(state, '+1', 'app', '2026-02-07', '2', '1')).toBe('RUNG_ALREADY_SENT');
    expect(remind(state, '+1', 'app', '2026-02-07', '2')).toHaveLength(1);
    expect(remind(state, '+7', 'phone', '2026-02-12', '1')).toHaveLength(1);
  });

  it('D8 none for an item on hold; again once the hold is lifted', () => {
    const held: ObservedEvent = {
      type: 'HoldPlaced',
      data: { holdId: '3', items: items('1') },
      ...dates('2026-02-06'),
    };
    const lifted: ObservedEvent = {
      type: 'HoldLifted',
      data: { holdId: '3', items: items('1') },
      ...dates('2026-02-08'),
    };
    expect(remind(billed(held), '+1', 'sms', '2026-02-07', '1')).toBe('ITEM_ON_HOLD');
    expect(remind(billed(held), '+1', 'sms', '2026-02-07', '2')).toHaveLength(1);
    expect(remind(billed(held, lifted), '+1', 'sms', '2026-02-08', '1')).toHaveLength(1);
  });

  it('none for what is paid or reversed; again when the payment is reversed', () => {
    const paid: ObservedEvent = {
      type: 'PaymentAllocated',
      data: { items: [{ itemId: '1', dueOn: '2026-02-05', amount: yuan(100) }] },
      ...dates('2026-02-05'),
    };
    const unpaid: ObservedEvent = { ...paid, type: 'PaymentReversed', data: { reopened: paid.data.items } };
    const gone: ObservedEvent = { type: 'FeeReversed', data: { itemId: '1' }, ...dates('2026-02-05') };
    expect(remind(billed(paid), '+1', 'sms', '2026-02-07', '1')).toBe('ITEM_NOT_OPEN');
    expect(remind(billed(paid, unpaid), '+1', 'sms', '2026-02-07', '1')).toHaveLength(1);
    expect(remind(billed(gone), '+1', 'sms', '2026-02-07', '1')).toBe('ITEM_UNKNOWN');
  });

  it('none of our own for imported items, which carry no tariff', () => {
    expect(remind(given(fee('1', '2026-02-05', null)), '+1', 'sms', '2026-02-07', '1')).toBe('REMINDER_WITHOUT_TARIFF');
  });

  it('what is due is the latest rung reached, once', () => {
    const sent = sendReminder(
      billed(),
      { rung: '+7', channel: 'phone', reference: '', itemIds: ['1'] },
      on('2026-02-14'),
    );
    expect(dueReminders(billed(), '2026-01-30')).toEqual([]);
    expect(dueReminders(billed(...sent), '2026-02-14')).toEqual([{ itemId: '2', rung: '+7' }]);
    expect(dueReminders(billed(...sent), '2026-02-20')).toHaveLength(2);
  });
});

describe('D15 legal referral', () => {
  const refer = (state: CollectionState, day: string, role = 'finance-manager', proposedBy = 'collector-1') =>
    outcome(() =>
      recordLegalReferral(state, { reference: 'L1', proposedBy, itemIds: ['1'] }, on(day, role, 'manager-1')),
    );

  it('R1.3 is possible when more than 30 days overdue, approved by somebody else than its proposer (D12)', () => {
    expect(refer(billed(), '2026-03-07')).toBe('REFERRAL_NOT_ELIGIBLE');
    expect(refer(billed(), '2026-03-08')).toEqual([
      {
        type: 'LegalReferralMade',
        data: { reference: 'L1', proposedBy: 'collector-1', approvedBy: 'manager-1', items: items('1') },
        ...dates('2026-03-08'),
      },
    ]);
    expect(refer(billed(), '2026-03-08', 'finance-manager', 'manager-1')).toBe('APPROVER_IS_PROPOSER');
    expect(refer(billed(), '2026-03-08', 'finance-manager', '')).toBe('APPROVER_IS_PROPOSER');
    expect(refer(billed(), '2026-03-08', 'administrator')).toBe('DUTIES_SEPARATED');
    expect(refer(billed(), '2026-03-08', 'system')).toBe('DUTIES_SEPARATED');
  });

  it('is made once per item, and never for an item on hold', () => {
    const made = recordLegalReferral(billed(), { reference: '', proposedBy: 'c', itemIds: ['1'] }, on('2026-03-08'));
    expect(refer(billed(...made), '2026-03-09')).toBe('REFERRAL_ALREADY_MADE');
    const held: ObservedEvent = {
      type: 'HoldPlaced',
      data: { holdId: '3', items: items('1') },
      ...dates('2026-02-06'),
    };
    expect(refer(billed(held), '2026-03-08')).toBe('ITEM_ON_HOLD');
    expect(refer(collectionDecider.initialState(), '2026-03-08')).toBe('ACCOUNT_NOT_OPEN');
  });
});

it('imported lines are facts without rung, people or items', () => {
  const [reminder] = recordHistoryReminder('A1/3', dates('2006-12-31'));
  const [referral] = recordHistoryReferral('A1/5', dates('2007-12-31'));
  expect(reminder?.data).toEqual({ rung: null, channel: null, reference: 'A1/3', items: [] });
  expect(referral?.data).toEqual({ reference: 'A1/5', proposedBy: null, approvedBy: null, items: [] });
  expect(describeCollection(given(reminder!, referral!))).toEqual({
    status: 'Open',
    lastReminderOn: '2006-12-31',
    lastReferralOn: '2007-12-31',
    items: [],
  });
});
