export * from './domain/case-kind.js';
export * from './domain/service-policy.js';
export * from './domain/case.events.js';
export * from './domain/case-standing.js';
export * from './domain/milestones.js';
export * from './domain/case.state.js';
export * from './domain/opening.decisions.js';
export * from './domain/case.decisions.js';
export * from './domain/clock-timers.js';
export * from './domain/clock.decisions.js';
export * from './domain/history.decisions.js';
export * from './domain/service-figures.js';
export * from './domain/describe-case.js';
export { MAX_TEXT_BYTES, vaultSubjectOf } from './application/case-text.js';
export { WorkCalendars } from './application/work-calendars.js';
export {
  SERVICE_CLOCKS,
  ServiceClocks,
  type ClockCounts,
  type ClockRun,
  type DueTimer,
  type ProvisionalDeadline,
  type ServiceClocksOptions,
  type TimerBook,
} from './application/service-clocks.js';
export { deadlineRulesOf, surroundingsOf } from './application/surroundings.js';
