import { addDays, addMilliseconds, type Instant, type LocalDate } from '#libs/kernel';
import type { CaseKind } from '#libs/service-desk';
import type { ActOnCaseInput } from '#libs/service-desk/nest';
import { localInstant, type CaseAct, type CaseOperation } from './acts.js';
import type { Household } from './households.js';
import type { Random } from './random.js';
import { ANSWERS, PROGRESS, QUESTIONS, RESOLUTIONS, SAID } from './words.js';

/** The ways in which a case can go, from the usual to the unpleasant (R3.2, R3.3, D5). */
export const COURSES = [
  'smooth',
  'reopened',
  'waits-for-customer',
  'slow-answer',
  'too-late',
  'escalated',
  'major',
  'withdrawn',
  'rejected',
  'duplicate',
  'forgotten',
] as const;
export type Course = (typeof COURSES)[number];

const FREQUENCY: Readonly<Record<Course, number>> = {
  smooth: 60,
  reopened: 7,
  'waits-for-customer': 8,
  'slow-answer': 4,
  'too-late': 4,
  escalated: 3,
  major: 5,
  withdrawn: 3,
  rejected: 2,
  duplicate: 2,
  forgotten: 1,
};
const KINDS: Readonly<Record<CaseKind, number>> = {
  request: 45,
  complaint: 35,
  suggestion: 8,
  incident: 7,
  dispute: 5,
};
const CHANNELS = { phone: 55, online: 25, 'face-to-face': 15, email: 5 } as const;
const TEAM_OF: Readonly<Record<CaseKind, string>> = {
  request: 'repairs',
  complaint: 'service',
  dispute: 'disputes',
  suggestion: 'service',
  incident: 'security',
};
const MINUTES_PER_DAY = 24 * 60;
const DAYS_PER_YEAR = 365;
const AGENTS = 3;

/** The cases of a year: about four for five households, each with its whole life; what would come after the year is not done yet. */
export function planCases(households: readonly Household[], year: number, random: Random): CaseAct[] {
  const count = Math.max(COURSES.length, Math.round(households.length * 0.8));
  const openings = Array.from({ length: count }, () => random.between(8 * 60, DAYS_PER_YEAR * MINUTES_PER_DAY - 1));
  openings.sort((a, b) => a - b);
  return openings.flatMap((minutes, index) => {
    const own = random.fork(`case/${index}`);
    const openedOn = addDays(`${year}-01-01`, Math.floor(minutes / MINUTES_PER_DAY));
    const living = households.filter(({ from, to }) => from <= openedOn && (to === null || to >= openedOn));
    const course = COURSES[index] ?? own.weighted(FREQUENCY);
    const opening = { openedOn, minutes: minutes % MINUTES_PER_DAY, household: own.pick(living) };
    return planCase(`C${index + 1}`, course, opening, own);
  });
}

interface Opening {
  readonly openedOn: LocalDate;
  readonly minutes: number;
  readonly household: Household;
}

function planCase(caseKey: string, course: Course, opening: Opening, random: Random): CaseAct[] {
  const kind = course === 'escalated' ? 'dispute' : random.weighted(KINDS);
  const life = new CaseLife(caseKey, kind, opening, random);
  life.open(course === 'major' ? 'major' : random.chance(20) ? 'minor' : 'normal');
  LIVES[course](life, random);
  return life.acts;
}

type Live = (life: CaseLife, random: Random) => void;

const taken: Live = (life, random) => {
  life.after(random.between(5, 180)).do('acknowledgeCase', { command: 'acknowledge' });
  life.after(random.between(10, 8 * 60)).accept();
};
const solved: Live = (life, random) => {
  life.after(random.between(8 * 60, 3 * MINUTES_PER_DAY)).resolve();
  life.after(random.between(4 * 60, 2 * MINUTES_PER_DAY)).verify();
  life.after(random.between(60, MINUTES_PER_DAY)).do('closeCase', { command: 'close' });
};
const smooth: Live = (life, random) => {
  taken(life, random);
  life.after(random.between(60, 20 * 60)).answer();
  if (random.chance(40)) life.after(random.between(60, 24 * 60)).progress();
  solved(life, random);
};

const LIVES: Readonly<Record<Course, Live>> = {
  smooth,
  reopened: (life, random) => {
    taken(life, random);
    life.after(random.between(8 * 60, 2 * MINUTES_PER_DAY)).resolve();
    life
      .after(random.between(MINUTES_PER_DAY, 3 * MINUTES_PER_DAY))
      .do('reopenCase', { command: 'reopen', text: '又出现了同样的问题' });
    solved(life, random);
  },
  'waits-for-customer': (life, random) => {
    taken(life, random);
    life
      .after(random.between(60, 12 * 60))
      .do('awaitCustomer', { command: 'await-customer', text: random.pick(QUESTIONS) });
    life.after(random.between(MINUTES_PER_DAY, 9 * MINUTES_PER_DAY)).do('resumeCase', { command: 'resume' });
    solved(life, random);
  },
  'slow-answer': (life, random) => {
    life.after(random.between(26 * 60, 40 * 60)).accept();
    life.after(random.between(30 * 60, 60 * 60)).answer();
    solved(life, random);
  },
  'too-late': (life, random) => {
    taken(life, random);
    life.after(random.between(60, 24 * 60)).answer();
    life.after(random.between(12 * MINUTES_PER_DAY, 25 * MINUTES_PER_DAY)).progress();
    solved(life, random);
  },
  escalated: (life, random) => {
    taken(life, random);
    life.after(random.between(60, 24 * 60)).answer();
    for (const rung of ['owners-assembly', 'housing-authority'] as const) {
      life
        .after(random.between(2 * MINUTES_PER_DAY, 4 * MINUTES_PER_DAY))
        .do('escalateCase', { command: 'escalate', rung });
    }
    solved(life, random);
  },
  // R3.3: a named handler, periodic progress, verified by somebody else before it is closed.
  major: (life, random) => {
    life
      .after(random.between(2, 30))
      .do('assignCase', { command: 'assign', handler: 'case-manager-1', team: 'urgent' });
    life.after(random.between(5, 60)).accept();
    life.after(random.between(30, 6 * 60)).answer();
    for (let day = 0; day < 3; day += 1) life.after(MINUTES_PER_DAY).progress();
    solved(life, random);
  },
  withdrawn: (life, random) => {
    taken(life, random);
    life.after(random.between(60, MINUTES_PER_DAY)).do('withdrawCase', { command: 'withdraw', text: '问题已自行解决' });
  },
  rejected: (life, random) =>
    life.after(random.between(60, 20 * 60)).do('rejectCase', { command: 'reject', text: '不属于物业管理范围' }),
  duplicate: (life, random) => life.after(random.between(20, 10 * 60)).markDuplicate(),
  // Nobody does anything: all its clocks run out.
  forgotten: () => undefined,
};

/** Who may do what on a case: handlers are agents, an inspector verifies, managers decide (D12). */
const DONE_BY: Readonly<Partial<Record<CaseOperation, 'case-manager' | 'inspector'>>> = {
  assignCase: 'case-manager',
  verifyCase: 'inspector',
  rejectCase: 'case-manager',
  escalateCase: 'case-manager',
};

/** Collects the acts of one case, one after the other. */
class CaseLife {
  readonly acts: CaseAct[] = [];
  #at: Instant;
  private readonly agent: string;

  constructor(
    private readonly caseKey: string,
    private readonly kind: CaseKind,
    private readonly opening: Opening,
    private readonly random: Random,
  ) {
    this.#at = localInstant(opening.openedOn, opening.minutes);
    this.agent = `service-agent-${random.between(1, AGENTS)}`;
  }

  open(severity: 'minor' | 'normal' | 'major'): void {
    const { random, kind } = this;
    const { unit, party } = this.opening.household;
    const input = {
      ...{ channel: random.weighted(CHANNELS), severity, team: TEAM_OF[kind] },
      ...{ unitId: unit.unitId, customer: party.name, text: random.pick(SAID[kind]) },
    };
    const by = { at: this.#at, role: 'service-agent', agent: this.agent } as const;
    this.acts.push({ ...by, caseKey: this.caseKey, kind, do: 'openCase', input });
  }

  after(minutes: number): this {
    this.#at = addMilliseconds(this.#at, minutes * 60_000);
    return this;
  }

  do(
    operation: CaseOperation,
    input: Pick<ActOnCaseInput, 'command' | 'text' | 'handler' | 'team' | 'rung'>,
    duplicateOf?: string,
  ): void {
    const role: CaseAct['role'] = DONE_BY[operation] ?? 'service-agent';
    const agent = role === 'service-agent' ? this.agent : `${role}-1`;
    const common = { at: this.#at, role, agent, caseKey: this.caseKey, kind: this.kind };
    this.acts.push({ ...common, do: operation, input, ...(duplicateOf === undefined ? {} : { duplicateOf }) });
  }

  accept(): void {
    this.do('acceptCase', { command: 'accept', handler: this.agent });
  }

  answer(): void {
    this.do('answerCase', { command: 'answer', text: this.random.pick(ANSWERS) });
  }

  progress(): void {
    this.do('reportProgress', { command: 'progress', text: this.random.pick(PROGRESS) });
  }

  resolve(): void {
    this.do('resolveCase', { command: 'resolve', text: this.random.pick(RESOLUTIONS) });
  }

  verify(): void {
    this.do('verifyCase', { command: 'verify', text: '现场核实' });
  }

  /** Of the case before it: the neighbours call about the same thing. */
  markDuplicate(): void {
    this.do('markDuplicateCase', { command: 'mark-duplicate' }, `C${Number(this.caseKey.slice(1)) - 1}`);
  }
}
