import { commandIdOf, DomainError, type Decider, type Json, type NewEvent } from '#libs/kernel';
import type { CommandContext } from '#libs/event-store';

export type SampleEvent = NewEvent<'AmountAdded', { readonly amount: number; readonly sum: number }>;

export interface SampleState {
  sum: number;
  events: number;
}

/** A stream that adds up: enough to see whether a decision was made on the right state. */
export const sampleDecider: Decider<SampleState, SampleEvent> = {
  category: 'account',
  handles: new Set(['AmountAdded']),
  initialState: () => ({ sum: 0, events: 0 }),
  evolve: (state, event) => {
    state.sum += event.data.amount;
    state.events++;
    return state;
  },
};

/** Adds amounts, one event each; no amount is nothing to do. @throws DomainError SUM_TOO_LARGE beyond the limit */
export function add(amounts: readonly number[], limit = Infinity): (state: SampleState) => SampleEvent[] {
  return (state) => {
    let { sum } = state;
    return amounts.map((amount) => {
      sum += amount;
      if (sum > limit) throw new DomainError('SUM_TOO_LARGE', `${sum} is beyond ${limit}`);
      return {
        type: 'AmountAdded',
        data: { amount, sum },
        effectiveOn: '2026-01-01',
        occurredAt: '2025-12-31T16:00:00.000Z',
      };
    });
  };
}

export function sampleCommand(communityId: string, key: Json, input: Json = key): CommandContext {
  return {
    commandId: commandIdOf(communityId, 'sample', key),
    input,
    actor: { id: 'tester', role: 'test' },
    communityId,
  };
}
