import type { Instant } from '#libs/kernel';
import { factOf, evolveCase, type CaseState } from './case.state.js';
import type { CaseEvent, Envelope } from './case.events.js';
import type { Decision, Done } from './case.decisions.js';
import { recordCaseLine, type CaseLine } from './history.decisions.js';
import { openStanding, stepOf } from './case-standing.js';
import { milestonesAt, standingAt, type CaseRecord } from './milestones.js';
import { openCase, type OpenCase, type Surroundings } from './opening.decisions.js';

export const NOT_OPENED: CaseState = { status: 'NotOpened' };
export const SEALED: Envelope = { kid: 'k', iv: 'i', ct: 'c', tag: 't' };

/** Given / when / then for a case: folds what is decided, as the store would. */
export class CaseScenario {
  readonly events: CaseEvent[] = [];
  state: CaseState = NOT_OPENED;

  constructor(private readonly around: Surroundings) {}

  opened(openedAt: Instant, details: Partial<OpenCase> = {}): this {
    const command: OpenCase = {
      ...{ caseId: '2026-000001', kind: 'complaint', openedAt, now: null, severity: 'normal', team: 'desk' },
      ...{ handler: null, agent: 'ann', activity: null, channel: 'phone', unitId: null, customer: null, text: SEALED },
      ...details,
    };
    return this.given(openCase(command, this.state, this.around));
  }

  when<Command extends Done>(decide: Decision<Command>, command: Omit<Command, 'now'> & { now?: Instant }): this {
    const complete = { now: command.at, ...command } as unknown as Command;
    return this.given(decide(complete, this.state, this.around.rules));
  }

  /** Lines of a log as `instant activity`; the case is `case 1`'s. */
  lines(...lines: readonly string[]): this {
    for (const text of lines) this.line(text);
    return this;
  }

  line(text: string, details: Partial<CaseLine> = {}): readonly CaseEvent[] {
    const [at, activity] = text.split(' ') as [string, string];
    const line: CaseLine = { ...base(at), activity, ...details };
    const events = recordCaseLine(this.state, line, 'complaint', this.around);
    this.given(events);
    return events;
  }

  given(events: readonly CaseEvent[]): this {
    for (const event of events) {
      this.state = evolveCase(this.state, event);
      this.events.push(event);
    }
    return this;
  }

  get types(): string[] {
    return this.events.map(({ type }) => type);
  }

  /** What a read model would keep of the case. */
  get record(): CaseRecord {
    const facts = this.events.map((event) => factOf(event)!);
    const opening = facts[0]!;
    if (opening.action !== 'Opened') throw new Error('a case begins with its opening');
    const { openedAt, deadlines } = opening.data;
    return { openedAt, deadlines, steps: facts.map((fact) => stepOf(fact)).filter((step) => step !== undefined) };
  }

  /** `met`, `breached`, `running` of the four milestones, in order. */
  milestones(asOf: Instant): string[] {
    const standing = standingAt(this.record, asOf) ?? openStanding(this.record.openedAt, this.record.deadlines);
    return milestonesAt(standing, asOf).map(({ status }) => status);
  }
}

function base(at: string): Omit<CaseLine, 'activity'> {
  const instant = at.length === 'YYYY-MM-DDTHH:mm'.length ? `${at}:00.000Z` : at;
  return { caseId: '1', at: instant, severity: '1', agent: 'ann', team: 'desk', customer: null };
}
