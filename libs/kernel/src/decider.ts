import type { Actor } from './actor.js';
import type { Instant, LocalDate } from './local-date.js';

/** A fact as a decision makes it: not stored yet. `effectiveOn` is the day it counts for, `occurredAt` when it happened (D16). */
export interface NewEvent<Type extends string = string, Data = unknown> {
  readonly type: Type;
  readonly data: Data;
  readonly effectiveOn: LocalDate;
  readonly occurredAt: Instant;
}

/** A stored fact as a fold sees it, already upcast to today's shape. */
export interface PastEvent<Type extends string = string, Data = unknown> extends NewEvent<Type, Data> {
  readonly recordedAt: Instant;
  readonly actor: Actor;
}

/** What folding needs beyond the event itself. */
export interface Recorded {
  readonly recordedAt: Instant;
  readonly actor: Actor;
}

/**
 * How the streams of one category fold into a state. Decisions are plain functions `(command, state) → NewEvent[]`: they never
 * change the state, `[]` means 'nothing to do', and a refusal is a thrown DomainError.
 */
export interface Decider<State, E extends NewEvent = NewEvent> {
  /** First part of its streams' names, `[a-z]+`. */
  readonly category: string;
  initialState(): State;
  /**
   * Consumes the state it is given and returns the next: it may change it in place, because a state has one owner (a stream of
   * 100,000 events must fold in linear time).
   */
  evolve(state: State, event: E & Recorded): State;
  /** Types that `evolve` understands; other contexts' events in the same stream are skipped. */
  readonly handles: ReadonlySet<E['type']>;
}
