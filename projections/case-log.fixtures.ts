import { calendarOf, DeadlineClock } from '#libs/calendar';
import type { ProjectedEvent } from '#libs/projection-engine';
import {
  caseDecider,
  openCase,
  recordCaseLine,
  STANDARD_POLICY,
  type CaseEvent,
  type CaseKind,
  type CaseState,
} from '#libs/service-desk';
import type { MemoryLog } from './account-log.fixtures.js';

const timeZone = 'Asia/Shanghai';
const rules = new DeadlineClock(calendarOf('CN'), timeZone);
const around = { timeZone, calendar: 'CN', policy: STANDARD_POLICY, rules };

const OPENING = {
  severity: 'normal',
  team: 'desk',
  handler: 'bob',
  agent: 'ann',
  activity: null,
  channel: 'phone',
  unitId: null,
  customer: null,
  text: null,
} as const;

/** A case in a log in memory, filled by the real decisions of the service desk. */
export class MemoryCase {
  private state: CaseState;

  constructor(
    private readonly log: MemoryLog,
    private readonly caseId: string,
    private readonly kind: CaseKind = 'complaint',
    private readonly communityId = 'yinghu',
  ) {
    this.state = caseDecider(kind).initialState();
  }

  /** Lines of a log as `instant activity`; returns the last line's events. */
  lines(...lines: readonly string[]): ProjectedEvent[] {
    let events: ProjectedEvent[] = [];
    for (const text of lines) {
      const [at, activity, agent = 'ann', team = 'desk'] = text.split(' ') as [string, string, string?, string?];
      const line = { caseId: this.caseId, at: `${at}:00.000Z`, activity, severity: '1', agent, team, customer: null };
      events = this.decide((state) => recordCaseLine(state, line, this.kind, around));
    }
    return events;
  }

  /** By command: a case of our own. */
  open(openedAt: string): ProjectedEvent[] {
    const command = { caseId: this.caseId, kind: this.kind, openedAt, now: openedAt, ...OPENING };
    return this.decide((state) => openCase(command, state, around));
  }

  decide(decision: (state: CaseState) => readonly CaseEvent[]): ProjectedEvent[] {
    const facts = decision(this.state);
    const recorded = { recordedAt: this.log.recordedAt, actor: { id: 'import', role: 'import' } };
    for (const fact of facts) this.state = caseDecider(this.kind).evolve(this.state, { ...fact, ...recorded });
    return this.log.append(this.communityId, `${this.kind}-${this.communityId}.${this.caseId}`, facts);
  }

  get events() {
    return this.log.events;
  }
}
