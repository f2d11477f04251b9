import type { Instant, LocalDate } from '#libs/kernel';
import { eventType, type CaseAction } from './case-kind.js';
import { applyStep, stepOf, type CaseStanding } from './case-standing.js';
import type { CaseData, CaseDetails, CaseEvent, CaseFact, CaseHeader, Envelope } from './case.events.js';
import type { OpenedCase } from './case.state.js';
import { promisedBy, type DeadlineRules } from './service-policy.js';

/** Who does something on a case and when, with what changes by it; what is left out stays as it is. */
export interface Doing {
  readonly at: Instant;
  readonly agent: string | null;
  readonly severity?: string | null;
  readonly team?: string | null;
  readonly handler?: string | null;
  readonly activity?: string | null;
}

/** The events of one activity, in the making: each sees the standing that the ones before it leave behind. */
export class Draft {
  readonly events: CaseEvent[] = [];
  #standing: CaseStanding;
  readonly #header: Omit<CaseHeader, 'milestones'>;
  readonly #effectiveOn: LocalDate;

  constructor(
    state: OpenedCase,
    readonly doing: Doing,
    rules: DeadlineRules,
  ) {
    this.#standing = state.standing;
    this.#effectiveOn = rules.localDate(doing.at);
    this.#header = {
      caseId: state.caseId,
      kind: state.kind,
      openedAt: state.standing.openedAt,
      severity: doing.severity === undefined ? state.severity : doing.severity,
      team: doing.team === undefined ? state.team : doing.team,
      handler: doing.handler === undefined ? state.handler : doing.handler,
      agent: doing.agent,
      activity: doing.activity ?? null,
    };
  }

  get standing(): CaseStanding {
    return this.#standing;
  }

  add<Action extends CaseAction>(action: Action, details: CaseDetails[Action]): this {
    const { at } = this.doing;
    const step = stepOf({ action, at, data: details } as unknown as CaseFact);
    if (step) this.#standing = applyStep(this.#standing, step);
    const milestones = promisedBy(this.#standing.deadlines);
    const data = { ...this.#header, milestones, ...details } as CaseData<Action>;
    this.events.push({
      type: eventType(this.#header.kind, action),
      data,
      effectiveOn: this.#effectiveOn,
      occurredAt: at,
    });
    return this;
  }

  /** The first reply of substance answers the case; later ones leave the milestone alone (D5). */
  answerIfFirst(by: CaseDetails['Answered']['by'], text: Envelope | null = null): this {
    return this.#standing.doneAt.answer === null ? this.add('Answered', { by, first: true, text }) : this;
  }

  acceptIfFirst(): this {
    return this.#standing.doneAt.accept === null ? this.add('Accepted', {}) : this;
  }

  /** Accepted, waiting or escalated after resolved or closed reopens a case (D5). */
  reopenIfDone(): this {
    const { status } = this.#standing;
    if (status !== 'Resolved' && status !== 'Closed') return this;
    return this.add('Reopened', { from: status, text: null });
  }

  /** Closing completes a case that was never resolved, and accepts and answers it if nothing has (D5). */
  close(text: Envelope | null): this {
    const completes = !this.#standing.everResolved;
    if (completes) this.acceptIfFirst().answerIfFirst('closing');
    return this.add('Closed', { completes, text });
  }
}

/**
 * Starts an activity: whatever it is, it ends an open pause, and the first one after the opening acknowledges the case (D5).
 */
export function begin(state: OpenedCase, doing: Doing, rules: DeadlineRules): Draft {
  const draft = new Draft(state, doing, rules);
  const { pausedAt, deadlines, doneAt } = state.standing;
  if (pausedAt !== null) {
    const pause = { pausedAt, resumedAt: doing.at };
    draft.add('ClockResumed', { ...pause, complete: rules.afterPause(deadlines.complete, pause) });
  }
  if (doneAt.acknowledge === null) draft.add('Acknowledged', {});
  return draft;
}
