import type { Actor, Instant, LocalDate } from '#libs/kernel';

/** What every decision is told besides its command: who, for which day, and when it happened. */
export interface DecisionContext {
  readonly actor: Actor;
  readonly effectiveOn: LocalDate;
  readonly occurredAt: Instant;
}
