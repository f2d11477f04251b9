import { describe, expect, it } from '@jest/globals';
import { assessFee, receivePayment } from './account.decisions.js';
import { fee, on, payment, Scenario } from './account.scenario.js';
import { isOnHold } from './account.state.js';
import { liftHold, openDispute, placeHold, progressDispute } from './hold.decisions.js';

const held = (scenario: Scenario) => [...scenario.account.items.values()].filter(isOnHold).map((i) => i.itemId);

describe('D8 holds and disputes', () => {
  const two = () =>
    Scenario.opened()
      .when(assessFee, fee(100, '2026-02-05'), on('2026-02-01'))
      .when(assessFee, fee(100, '2026-03-05'), on('2026-03-01'));

  it('a dispute puts on hold what is open at that moment, not later fees', () => {
    const scenario = two().when(openDispute, { reference: 'D-1' }, on('2026-03-02'));
    expect(scenario.last.map((e) => [e.type, e.data])).toEqual([
      ['DisputeOpened', { disputeId: '3', reference: 'D-1' }],
      [
        'HoldPlaced',
        {
          holdId: '4',
          disputeId: '3',
          reason: 'dispute',
          items: [
            { itemId: '1', dueOn: '2026-02-05' },
            { itemId: '2', dueOn: '2026-03-05' },
          ],
        },
      ],
    ]);
    scenario.when(assessFee, fee(100, '2026-04-05'), on('2026-04-01'));
    expect(held(scenario)).toEqual(['1', '2']);
  });

  it('a hold does not keep payments from the items', () => {
    const scenario = two()
      .when(placeHold, { reason: 'check' }, on('2026-03-02'))
      .when(receivePayment, payment(100), on('2026-03-03'));
    expect(scenario.shares).toEqual([['PaymentAllocated', '2026-03-03', '1:100']]);
  });

  it('a hold may cover single items, and is lifted once, as a whole', () => {
    const scenario = two().when(placeHold, { reason: 'check', itemIds: ['2', '2'] }, on('2026-03-02'));
    expect(held(scenario)).toEqual(['2']);
    scenario.when(liftHold, { holdId: '3', reason: 'settled' }, on('2026-02-02'));
    expect(scenario.last).toEqual([
      {
        type: 'HoldLifted',
        effectiveOn: '2026-03-02',
        occurredAt: '2026-02-02T01:00:00.000Z',
        data: { holdId: '3', items: [{ itemId: '2', dueOn: '2026-03-05' }], reason: 'settled' },
      },
    ]);
    expect(held(scenario)).toEqual([]);
    expect(scenario.refusal(liftHold, { holdId: '3', reason: 'again' }, on('2026-03-03'))).toBe('HOLD_ALREADY_LIFTED');
    expect(scenario.refusal(liftHold, { holdId: '9', reason: 'again' }, on('2026-03-03'))).toBe('HOLD_UNKNOWN');
  });

  it('only open items can be put on hold by name', () => {
    const paid = two().when(receivePayment, payment(100), on('2026-03-03'));
    expect(paid.refusal(placeHold, { reason: 'check', itemIds: ['1'] }, on('2026-03-04'))).toBe('ITEM_NOT_OPEN');
    expect(paid.refusal(openDispute, { reference: '', itemIds: ['8'] }, on('2026-03-04'))).toBe('ITEM_UNKNOWN');
    expect(paid.refusal(placeHold, { reason: 'x', disputeId: '1' }, on('2026-03-04'))).toBe('DISPUTE_UNKNOWN');
  });

  it('a dispute progresses by name', () => {
    const scenario = two()
      .when(openDispute, { reference: 'D-1' }, on('2026-03-02'))
      .when(progressDispute, { disputeId: '3', reference: 'letter' }, on('2026-03-09'));
    expect(scenario.last[0]?.data).toEqual({ disputeId: '3', reference: 'letter' });
    expect(scenario.account.disputes.get('3')).toMatchObject({ lastProgressOn: '2026-03-09' });
    expect(scenario.refusal(progressDispute, { disputeId: '4', reference: '' }, on('2026-03-09'))).toBe(
      'DISPUTE_UNKNOWN',
    );
  });

  it('a hold over more than 2,000 items is several events with one id', () => {
    const scenario = Scenario.opened();
    for (let i = 0; i < 2_001; i += 1) scenario.when(assessFee, fee(1, '2026-02-05'), on('2026-01-01'));
    scenario.when(placeHold, { reason: 'check' }, on('2026-02-10'));
    expect(scenario.last.map((e) => e.type === 'HoldPlaced' && [e.data.holdId, e.data.items.length])).toEqual([
      ['2002', 2_000],
      ['2002', 1],
    ]);
    expect(scenario.account.holds.get('2002')?.items).toHaveLength(2_001);
    scenario.when(liftHold, { holdId: '2002', reason: 'done' }, on('2026-02-11'));
    expect(held(scenario)).toEqual([]);
  });
});
