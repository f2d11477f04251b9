import type { CommandResult, CommandRunner } from '#libs/event-store';
import { commandIdOf, type Actor, type Instant, type Json } from '#libs/kernel';
import type { CaseKind } from '../domain/case-kind.js';
import type { CaseEvent } from '../domain/case.events.js';
import { caseDecider, type OpenedCase } from '../domain/case.state.js';
import { projectDeadline, recordBreach } from '../domain/clock.decisions.js';
import type { ClockTimer } from '../domain/clock-timers.js';
import type { DeadlineRules } from '../domain/service-policy.js';
import type { WorkCalendars } from './work-calendars.js';

interface CaseName {
  readonly communityId: string;
  readonly kind: CaseKind;
  readonly caseId: string;
}

/** A clock of a case whose deadline is past. */
export type DueTimer = CaseName & ClockTimer;

/** A completion deadline that was counted over days whose schedule was not published. */
export interface ProvisionalDeadline extends CaseName {
  /** Id of the calendar, as `CN`. */
  readonly calendar: string;
  /** Version of the calendar that it was counted by, as `CN/2026`. */
  readonly countedBy: string;
  /** Revision of the event that said it, as a decimal string: the same day may be counted more than once. */
  readonly since: string;
}

/** The read model of timers, folded from the events of cases. */
export interface TimerBook {
  /** Waits until everything is folded that is in the store now. False: it is behind, and nothing should be fired from it. */
  refresh(): Promise<boolean>;
  /** The first timers with a deadline before `now`, by deadline, none of them left out up to the last; empty when none is due. */
  findDue(now: Instant, communityId?: string): Promise<readonly DueTimer[]>;
  listProvisional(communityId?: string): AsyncIterable<ProvisionalDeadline>;
}

export interface ServiceClocksOptions {
  readonly runner: Pick<CommandRunner, 'execute'>;
  readonly timers: TimerBook;
  /** What is known of work calendars at the time of a run. */
  readonly calendars: () => WorkCalendars;
}

export interface ClockRun {
  /** The present: what was due before it goes off. */
  readonly at: Instant;
  /** Only this community's cases. */
  readonly communityId?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What a run has recorded; what had been recorded before does not count. */
export interface ClockCounts {
  readonly breachesRecorded: number;
  readonly deadlinesProjected: number;
}

/** Who records what only the time has done. */
export const SERVICE_CLOCKS: Actor = { id: 'service-clocks', role: 'system' };
const SOURCE = 'service-clocks';

/**
 * The service clocks as a process manager (D3, D5): timers come from a read model, breaches and projected deadlines go out as
 * commands. A command's id follows from its timer (case, milestone, deadline), so that firing twice, here or elsewhere, does
 * nothing; the decision is made on the stream, so that a timer that has been overtaken does nothing either.
 */
export class ServiceClocks {
  /** Commands that found nothing to do: a deadline that stays as it is is not asked about at every run. */
  readonly #idle = new Set<string>();

  constructor(private readonly options: ServiceClocksOptions) {}

  /**
   * Projects what has become known, then fires everything that was due before `at`, by deadline, whatever was missed meanwhile.
   * Undefined when the read model is behind; a later run catches up.
   * @throws DomainError TOO_MUCH_CONTENTION, StoreError; the next run goes on where this one stopped
   */
  async run(run: ClockRun): Promise<ClockCounts | undefined> {
    const { timers } = this.options;
    if (!(await timers.refresh())) return undefined;
    const deadlinesProjected = await this.#projectAll(run);
    if (deadlinesProjected > 0 && !(await timers.refresh())) return { breachesRecorded: 0, deadlinesProjected };
    return { breachesRecorded: await this.#fireAll(run), deadlinesProjected };
  }

  async #projectAll(run: ClockRun): Promise<number> {
    const calendars = this.options.calendars();
    let projected = 0;
    for await (const deadline of this.options.timers.listProvisional(run.communityId)) {
      run.signal?.throwIfAborted();
      const version = calendars.versionOf(deadline.calendar);
      if (version === deadline.countedBy) continue;
      projected += await this.#project(deadline, version, run.at, calendars);
    }
    return projected;
  }

  async #project(deadline: ProvisionalDeadline, by: string, at: Instant, calendars: WorkCalendars): Promise<number> {
    const key = ['projected', deadline.kind, deadline.caseId, 'complete', deadline.since, by];
    const id = commandIdOf(deadline.communityId, SOURCE, key);
    if (this.#idle.has(id)) return 0;
    const result = await this.#execute(deadline, key, calendars, (state, rules) => projectDeadline(state, at, rules));
    if (result.events.length === 0) this.#idle.add(id);
    return recordedBy(result);
  }

  async #fireAll({ at, communityId, signal }: ClockRun): Promise<number> {
    const calendars = this.options.calendars();
    let recorded = 0;
    let first = '';
    for (;;) {
      const due = await this.options.timers.findDue(at, communityId);
      // Nothing is due, or the same is due again: somebody else has changed the case since, and the next run knows how.
      if (due.length === 0 || first === JSON.stringify(due[0])) return recorded;
      first = JSON.stringify(due[0]);
      for (const timer of due) {
        signal?.throwIfAborted();
        recorded += await this.#fire(timer, at, calendars);
      }
      if (!(await this.options.timers.refresh())) return recorded;
    }
  }

  async #fire(timer: DueTimer, at: Instant, calendars: WorkCalendars): Promise<number> {
    const key = ['breached', timer.kind, timer.caseId, timer.milestone, timer.deadlineAt];
    return recordedBy(
      await this.#execute(timer, key, calendars, (state, rules) => recordBreach(state, timer, at, rules)),
    );
  }

  /** The key is the command's whole input: when it is fired makes no other command of it. */
  #execute(
    { communityId, kind, caseId }: CaseName,
    key: Json,
    calendars: WorkCalendars,
    decide: (state: OpenedCase, rules: DeadlineRules) => readonly CaseEvent[],
  ): Promise<CommandResult> {
    const context = {
      commandId: commandIdOf(communityId, SOURCE, key),
      input: key,
      actor: SERVICE_CLOCKS,
      communityId,
    };
    return this.options.runner.execute(caseDecider(kind), caseId, context, (state) =>
      state.status === 'NotOpened' ? [] : decide(state, calendars.rulesOf(state.calendar, state.timeZone)),
    );
  }
}

function recordedBy({ repeated, events }: CommandResult): number {
  return repeated ? 0 : events.length;
}
