import type { Instant, LocalDate } from '#libs/kernel';

/** The four milestones of a case (D5). */
export const MILESTONES = ['acknowledge', 'accept', 'answer', 'complete'] as const;
export type Milestone = (typeof MILESTONES)[number];

/** The promise made to a customer. It is data: a case keeps the version under which it was opened. */
export interface ServicePolicy {
  readonly name: string;
  readonly version: number;
  /** Hours of elapsed time, day and night (D4). */
  readonly acknowledgeHours: number;
  readonly acceptHours: number;
  readonly answerHours: number;
  /** The end of the n-th working day after the day of opening (D5). */
  readonly completeWorkingDays: number;
}

/** R3.2, R3.3, R1.4: acknowledged and accepted in 24 h, answered in 48 h, completed in 7 working days. */
export const STANDARD_POLICY: ServicePolicy = {
  name: 'service-standard',
  version: 1,
  acknowledgeHours: 24,
  acceptHours: 24,
  answerHours: 48,
  completeWorkingDays: 7,
};

/** The last day of the completion clock, as counted by one version of a work calendar. */
export interface CompletionDeadline {
  readonly on: LocalDate;
  /** Last millisecond of that local day. */
  readonly at: Instant;
  readonly provisional: boolean;
  readonly calendar: string;
}

/** All deadlines of a case as they are promised at its opening. */
export interface Deadlines {
  readonly acknowledge: { readonly at: Instant };
  readonly accept: { readonly at: Instant };
  readonly answer: { readonly at: Instant };
  readonly complete: CompletionDeadline;
}

/** The instants by which each milestone is due, as every event of a case carries them. */
export interface PromisedBy {
  readonly acknowledge: Instant;
  readonly accept: Instant;
  readonly answer: Instant;
  readonly complete: Instant;
}

export function promisedBy({ acknowledge, accept, answer, complete }: Deadlines): PromisedBy {
  return { acknowledge: acknowledge.at, accept: accept.at, answer: answer.at, complete: complete.at };
}

export interface ClosedPause {
  readonly pausedAt: Instant;
  readonly resumedAt: Instant;
}

/** What decisions need to know of calendars and local days; the calendar library's clock has this shape. */
export interface DeadlineRules {
  afterHours(startedAt: Instant, hours: number): Instant;
  afterWorkingDays(startedAt: Instant, days: number): CompletionDeadline;
  afterPause(deadline: CompletionDeadline, pause: ClosedPause): CompletionDeadline;
  project(startedAt: Instant, days: number, pauses: readonly ClosedPause[]): CompletionDeadline;
  localDate(instant: Instant): LocalDate;
}

export function deadlinesOf(policy: ServicePolicy, openedAt: Instant, rules: DeadlineRules): Deadlines {
  return {
    acknowledge: { at: rules.afterHours(openedAt, policy.acknowledgeHours) },
    accept: { at: rules.afterHours(openedAt, policy.acceptHours) },
    answer: { at: rules.afterHours(openedAt, policy.answerHours) },
    complete: rules.afterWorkingDays(openedAt, policy.completeWorkingDays),
  };
}
