import type { Instant } from '#libs/kernel';
import { begin, type Draft } from './case-draft.js';
import { refused } from './case.errors.js';
import type { CaseEvent, Envelope, Rung } from './case.events.js';
import type { CaseState, OpenedCase } from './case.state.js';
import { isExcluded } from './milestones.js';
import type { DeadlineRules } from './service-policy.js';

/** In every command: when it was done, by whom, and the present instant (facts are not recorded before they happen). */
export interface Done {
  readonly at: Instant;
  readonly agent: string;
  readonly now: Instant;
}
export type WithText = Done & { readonly text: Envelope | null };
export type Decision<Command> = (command: Command, state: CaseState, rules: DeadlineRules) => readonly CaseEvent[];

const MAJOR = 'major';

/** Confirms that the case has been seen (R3.2). @throws DomainError CASE_ALREADY_ACKNOWLEDGED */
export const acknowledgeCase: Decision<Done> = (command, state, rules) => {
  const current = notClosed(active(state, command));
  if (current.standing.doneAt.acknowledge !== null) {
    throw refused('CASE_ALREADY_ACKNOWLEDGED', 'Something has been done on this case already');
  }
  return begin(current, command, rules).events;
};

/**
 * Takes the case on; after resolved or closed this reopens it (D5). A major case needs a named handler (R3.3).
 * @throws DomainError HANDLER_REQUIRED, CASE_ALREADY_ACCEPTED
 */
export const acceptCase: Decision<Done & { handler: string | null }> = (command, state, rules) => {
  const current = active(state, command);
  const handler = command.handler ?? current.handler;
  needHandler(current, handler);
  if (current.standing.status === 'Open' && current.standing.doneAt.accept !== null) {
    throw refused('CASE_ALREADY_ACCEPTED', 'The case is accepted already; assign it instead');
  }
  return begin(current, { ...command, handler }, rules)
    .reopenIfDone()
    .acceptIfFirst().events;
};

/** Names the handler, the team or another severity. @throws DomainError HANDLER_REQUIRED, CASE_CLOSED */
export const assignCase: Decision<Done & { handler: string | null; team?: string; severity?: string }> = (
  command,
  state,
  rules,
) => {
  const current = notClosed(active(state, command));
  needHandler({ ...current, severity: command.severity ?? current.severity }, command.handler ?? current.handler);
  const handler = command.handler ?? current.handler;
  return begin(current, { ...command, handler }, rules).add('Assigned', {}).events;
};

/** Periodic progress (R3.3). @throws DomainError CASE_CLOSED */
export const reportProgress: Decision<WithText> = (command, state, rules) =>
  started(command, state, rules).add('ProgressReported', { text: command.text, customer: null }).events;

/** A reply of substance to the customer. @throws DomainError CASE_CLOSED, HANDLER_REQUIRED */
export const answerCase: Decision<WithText> = (command, state, rules) => {
  const draft = started(command, state, rules);
  const first = draft.standing.doneAt.answer === null;
  return draft.add('Answered', { by: 'reply', first, text: command.text }).events;
};

/** A question back to the customer: answers if it is the first reply, and pauses the completion clock (D5). */
export const awaitCustomer: Decision<WithText> = (command, state, rules) => {
  const current = active(state, command);
  if (current.standing.pausedAt !== null)
    throw refused('CLOCK_ALREADY_PAUSED', 'The case waits for the customer already');
  const draft = begin(current, command, rules).reopenIfDone().answerIfFirst('question');
  return draft.add('ClockPaused', { text: command.text }).events;
};

/** The customer came back. Any other activity resumes the clock as well. @throws DomainError CLOCK_NOT_PAUSED */
export const resumeClock: Decision<Done> = (command, state, rules) => {
  const current = active(state, command);
  if (current.standing.pausedAt === null) throw refused('CLOCK_NOT_PAUSED', 'The case is not waiting');
  return begin(current, command, rules).events;
};

/** The next rung of the ladder for a dispute (R1.4); reopens a case that was resolved or closed (D5). */
export const escalateCase: Decision<WithText & { rung: Rung | null }> = (command, state, rules) => {
  const current = active(state, command);
  if (command.rung !== null && current.kind !== 'dispute') throw refused('RUNG_INVALID', 'Only a dispute has a ladder');
  const draft = begin(current, command, rules).reopenIfDone();
  return draft.add('Escalated', { rung: command.rung, text: command.text }).events;
};

/** Resolves; doing it again moves the completion (D5). @throws DomainError CASE_CLOSED, HANDLER_REQUIRED */
export const resolveCase: Decision<WithText> = (command, state, rules) => {
  const current = notClosed(active(state, command));
  needHandler(current, current.handler);
  const draft = begin(current, command, rules).answerIfFirst('resolution');
  return draft.add('Resolved', { text: command.text }).events;
};

/**
 * Checks a resolution. Nobody verifies their own work: no one who ever handled the case may (D12, R3.3).
 * @throws DomainError VERIFIER_IS_HANDLER, CASE_NOT_RESOLVED, CASE_ALREADY_VERIFIED, CASE_CLOSED
 */
export const verifyCase: Decision<WithText> = (command, state, rules) => {
  const current = notClosed(active(state, command));
  if (current.handlers.includes(command.agent)) {
    throw refused('VERIFIER_IS_HANDLER', 'Whoever handled a case does not verify it');
  }
  if (current.standing.status !== 'Resolved') throw refused('CASE_NOT_RESOLVED', 'There is no resolution to verify');
  if (current.verifiedBy !== null) throw refused('CASE_ALREADY_VERIFIED', 'The resolution is verified already');
  return begin(current, command, rules).add('Verified', { text: command.text }).events;
};

/** Takes a resolved or closed case up again. @throws DomainError CASE_STILL_OPEN */
export const reopenCase: Decision<WithText> = (command, state, rules) => {
  const current = active(state, command);
  const { status } = current.standing;
  if (status !== 'Resolved' && status !== 'Closed') throw refused('CASE_STILL_OPEN', 'The case is open');
  return begin(current, command, rules).add('Reopened', { from: status, text: command.text }).events;
};

/**
 * Archives a case. A major one only after verification (R3.3); one that was reopened only after it is resolved again, since
 * nothing else completes it (D5).
 * @throws DomainError VERIFICATION_REQUIRED, RESOLUTION_REQUIRED, CASE_CLOSED
 */
export const closeCase: Decision<WithText> = (command, state, rules) => {
  const current = notClosed(active(state, command));
  const { status, everResolved } = current.standing;
  if (status === 'Open' && everResolved) {
    throw refused('RESOLUTION_REQUIRED', 'A reopened case is closed after it is resolved again');
  }
  if (current.severity === MAJOR && current.verifiedBy === null) {
    throw refused('VERIFICATION_REQUIRED', 'A major case is closed after its resolution is verified');
  }
  return begin(current, command, rules).close(command.text).events;
};

/** The customer takes the case back. Final (D5). */
export const withdrawCase: Decision<WithText> = (command, state, rules) =>
  begin(active(state, command), command, rules).add('Withdrawn', { text: command.text }).events;

/** Not ours to handle. Final (D5). */
export const rejectCase: Decision<WithText> = (command, state, rules) =>
  begin(active(state, command), command, rules).add('Rejected', { text: command.text }).events;

/** The same as another case. Final (D5). @throws DomainError DUPLICATE_OF_ITSELF */
export const markDuplicate: Decision<Done & { ofCaseId: string }> = (command, state, rules) => {
  const current = active(state, command);
  if (command.ofCaseId === current.caseId) throw refused('DUPLICATE_OF_ITSELF', 'A case is no duplicate of itself');
  return begin(current, command, rules).add('MarkedDuplicate', { ofCaseId: command.ofCaseId }).events;
};

/** The case, if things can still be done on it at that instant. */
function active(state: CaseState, { at, now }: Done): OpenedCase {
  if (state.status === 'NotOpened') throw refused('CASE_NOT_FOUND', 'There is no such case');
  if (isExcluded(state.standing.status))
    throw refused('CASE_ENDED', `The case is ${state.standing.status.toLowerCase()}`);
  if (at > now) throw refused('ACTIVITY_IN_FUTURE', `Not yet: it is ${now}`);
  if (at < state.lastAt) throw refused('ACTIVITY_OUT_OF_ORDER', `The case has a fact of ${state.lastAt} already`);
  return state;
}

function notClosed(state: OpenedCase): OpenedCase {
  if (state.standing.status === 'Closed') throw refused('CASE_CLOSED', 'The case is closed; reopen it first');
  return state;
}

function needHandler(state: OpenedCase, handler: string | null): void {
  if (state.severity === MAJOR && handler === null) {
    throw refused('HANDLER_REQUIRED', 'A major case needs a named handler');
  }
}

function started(command: Done, state: CaseState, rules: DeadlineRules): Draft {
  return begin(notClosed(active(state, command)), command, rules);
}
