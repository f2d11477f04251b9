import { describe, expect, it } from '@jest/globals';
import { Tally } from './tally.js';

const cny = (minor: string) => ({ currency: 'CNY', minor });

describe('a tally', () => {
  it('counts events and sums the money named anywhere in their data, beyond int64', () => {
    const tally = new Tally();
    tally.add({
      type: 'PaymentAllocated',
      data: { items: [{ amount: cny('9223372036854775807') }, { amount: cny('3') }] },
    });
    tally.add({
      type: 'PaymentAllocated',
      data: { items: [{ amount: { currency: 'EUR', minor: '-2' } }], note: null },
    });
    tally.add({ type: 'ReminderSent', data: { rung: null } });
    expect(tally.counts()).toEqual({ PaymentAllocated: 2n, ReminderSent: 1n });
    expect(tally.sums()).toEqual({ PaymentAllocated: { CNY: '9223372036854775810', EUR: '-2' }, ReminderSent: {} });
    expect(tally.total()).toBe(3n);
    expect(`${tally}`).toBe('PaymentAllocated 2 CNY 9223372036854775810 EUR -2, ReminderSent 1');
  });

  it('goes on from a checkpoint as if it had never stopped', () => {
    const event = { type: 'FeeAssessed', data: { amount: cny('7') } };
    const whole = new Tally();
    whole.add(event);
    const resumed = Tally.fromCheckpoint({ counts: whole.counts(), sums: whole.sums() });
    whole.add(event);
    resumed.add(event);
    expect(resumed.toString()).toBe(whole.toString());
    expect(Tally.fromCheckpoint(undefined).total()).toBe(0n);
  });

  it('merges the types that are accepted', () => {
    const [from, into] = [new Tally(), new Tally()];
    from.add({ type: 'A', data: { amount: cny('1') } });
    from.add({ type: 'B', data: {} });
    into.merge(from, (type) => type === 'A');
    into.merge(from, (type) => type === 'A');
    expect(`${into}`).toBe('A 2 CNY 2');
  });
});
