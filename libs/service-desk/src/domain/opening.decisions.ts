import type { Instant } from '#libs/kernel';
import { refused } from './case.errors.js';
import { eventType, type CaseKind } from './case-kind.js';
import type { CaseData, CaseEvent, Channel, Envelope } from './case.events.js';
import type { CaseState } from './case.state.js';
import { deadlinesOf, promisedBy, type DeadlineRules, type ServicePolicy } from './service-policy.js';

/** Settings of the community that a case keeps from its opening on. */
export interface Surroundings {
  readonly timeZone: string;
  /** Id of the work calendar. */
  readonly calendar: string;
  readonly policy: ServicePolicy;
  readonly rules: DeadlineRules;
}

export interface OpenCase {
  readonly caseId: string;
  readonly kind: CaseKind;
  readonly openedAt: Instant;
  readonly severity: string | null;
  readonly team: string | null;
  readonly handler: string | null;
  readonly agent: string | null;
  /** The present; null for a recorded past. */
  readonly now: Instant | null;
  readonly activity: string | null;
  readonly channel: Channel | null;
  readonly unitId: string | null;
  readonly customer: Envelope | null;
  readonly text: Envelope | null;
}

/** Opens a case and promises its milestones (R3.2, D5). @throws DomainError CASE_EXISTS, ACTIVITY_IN_FUTURE */
export function openCase(command: OpenCase, state: CaseState, around: Surroundings): readonly CaseEvent[] {
  if (state.status !== 'NotOpened') throw refused('CASE_EXISTS', `Case ${command.caseId} is open already`);
  const { openedAt, kind } = command;
  if (command.now !== null && openedAt > command.now)
    throw refused('ACTIVITY_IN_FUTURE', `Not yet: it is ${command.now}`);
  const deadlines = deadlinesOf(around.policy, openedAt, around.rules);
  const data: CaseData<'Opened'> = {
    caseId: command.caseId,
    kind,
    openedAt,
    severity: command.severity,
    team: command.team,
    handler: command.handler,
    agent: command.agent,
    activity: command.activity,
    milestones: promisedBy(deadlines),
    timeZone: around.timeZone,
    calendar: around.calendar,
    policy: around.policy,
    deadlines,
    channel: command.channel,
    unitId: command.unitId,
    customer: command.customer,
    text: command.text,
  };
  const effectiveOn = around.rules.localDate(openedAt);
  return [{ type: eventType(kind, 'Opened'), data, effectiveOn, occurredAt: openedAt }];
}
