import { EMPTY_HEAD, encodeEvents, inputHashOf, Upcasters } from '#libs/event-store';
import { commandIdOf } from '#libs/kernel';

const amount = { currency: 'CNY', minor: '100' };
const on = { effectiveOn: '2026-01-01', occurredAt: '2026-01-01T00:00:00.000Z' };
const fee = (itemId, of) => ({
  type: 'FeeAssessed',
  data: { itemId, item: 'fee', ...of, dueOn: '2026-02-05', reference: '', tariff: null, period: null },
  ...on,
});

/** An account with a fee that names no amount, which no read model of money can fold, and a good one behind it. */
export async function appendPoison(eventStore, communityId) {
  const stream = `account-${communityId}.POISON`;
  const drafts = [fee('1', { amount }), fee('2', {}), fee('3', { amount })];
  const input = [stream];
  const command = {
    ...{ commandId: commandIdOf(communityId, 'poison', input), input, inputHash: inputHashOf(input), communityId },
    actor: { id: 'tester', role: 'test' },
  };
  const { events } = encodeEvents(stream, EMPTY_HEAD, command, '2026-01-02T00:00:00.000Z', drafts, new Upcasters());
  await eventStore.append(stream, 'no_stream', events);
}

/** Counts the fees of an account that has one without an amount; that one it cannot fold, unless it is mended. */
export function breakable(mended) {
  return {
    name: 'breakable',
    version: 1,
    eventTypes: ['FeeAssessed'],
    indexes: [],
    keys: ({ entityId, stream }) => (entityId === 'POISON' ? [stream] : []),
    evolve: (before, { data }) => {
      if (!data.amount && !mended) throw new Error('a fee without an amount');
      return { fees: (before?.fees ?? 0n) + 1n };
    },
  };
}
