import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { addMilliseconds } from '#libs/kernel';
import { calendarOf, chinaCalendar, DeadlineClock } from '#libs/calendar';
import { CaseScenario } from './case.scenario.js';
import { projectDeadline, recordBreaches } from './clock.decisions.js';
import { STANDARD_POLICY } from './service-policy.js';
import { isExcluded, milestonesAt, standingAt } from './milestones.js';
import { ServiceTally } from './service-figures.js';

const timeZone = 'Asia/Shanghai';
const rules = new DeadlineClock(calendarOf('CN'), timeZone);
const around = { timeZone, calendar: 'CN', policy: STANDARD_POLICY, rules };
const log = (...lines: string[]) => new CaseScenario(around).lines(...lines);
const OPENED = '2026-03-02T01:00 classified';

describe('milestones (D5)', () => {
  it('run until the deadline itself, and are breached after it', () => {
    const scenario = log(OPENED);
    expect(scenario.milestones('2026-03-03T01:00:00.000Z')).toEqual(['running', 'running', 'running', 'running']);
    expect(scenario.milestones('2026-03-03T01:00:00.001Z')).toEqual(['breached', 'breached', 'running', 'running']);
    expect(scenario.milestones('2026-03-04T01:00:00.001Z')).toEqual(['breached', 'breached', 'breached', 'running']);
    expect(scenario.milestones('2026-03-11T15:59:59.999Z')[3]).toBe('running');
    expect(scenario.milestones('2026-03-11T16:00:00.000Z')[3]).toBe('breached');
  });

  it('are met at the deadline and missed a millisecond later', () => {
    expect(log(OPENED, '2026-03-03T01:00:00.000Z accepted').milestones('2026-04-01T00:00:00.000Z').slice(0, 2)).toEqual(
      ['met', 'met'],
    );
    expect(log(OPENED, '2026-03-03T01:00:00.001Z accepted').milestones('2026-04-01T00:00:00.000Z').slice(0, 2)).toEqual(
      ['breached', 'breached'],
    );
  });

  it('do not know what happened after the as-of instant', () => {
    const scenario = log(OPENED, '2026-03-02T02:00 accepted', '2026-03-02T03:00 resolved');
    expect(scenario.milestones('2026-03-02T02:59:59.999Z')).toEqual(['met', 'met', 'running', 'running']);
    expect(scenario.milestones('2026-03-02T03:00:00.000Z')).toEqual(['met', 'met', 'met', 'met']);
  });

  it('a clock that is paused runs on, no matter the date, and is judged on resuming', () => {
    const scenario = log(OPENED, '2026-03-11T02:00 waiting');
    expect(scenario.milestones('2027-03-11T02:00:00.000Z')[3]).toBe('running');
    expect(scenario.lines('2026-03-13T02:00 resolved').milestones('2026-03-14T00:00:00.000Z')[3]).toBe('met');
  });

  it('is late at once when it resumes on a day off after its moved deadline', () => {
    const scenario = log(OPENED, '2026-03-11T02:00 waiting', '2026-03-14T02:00 resolved');
    expect(scenario.milestones('2026-03-14T02:00:00.000Z')[3]).toBe('breached');
  });

  it('a pause that begins after the deadline saves nothing', () => {
    const scenario = log(OPENED, '2026-03-11T16:00 waiting');
    expect(scenario.milestones('2026-03-12T00:00:00.000Z')[3]).toBe('breached');
    expect(scenario.lines('2026-03-20T02:00 resolved').milestones('2026-03-21T00:00:00.000Z')[3]).toBe('breached');
  });

  it('pauses do not touch the hours', () => {
    const scenario = log(OPENED, '2026-03-02T02:00 noted', '2026-03-02T03:00 waiting', '2026-03-05T02:00 accepted');
    expect(scenario.milestones('2026-03-06T00:00:00.000Z').slice(0, 3)).toEqual(['met', 'breached', 'met']);
  });
});

describe('breaches and projections as facts', () => {
  it('records each breach once, and never takes it back', () => {
    const scenario = log(OPENED, '2026-03-02T02:00 noted');
    const now = '2026-03-20T00:00:00.000Z';
    scenario.given(recordBreaches(scenario.state, now, rules));
    expect(scenario.events.slice(3).map(({ data }) => (data as unknown as { milestone: string }).milestone)).toEqual([
      'accept',
      'answer',
      'complete',
    ]);
    expect(recordBreaches(scenario.state, now, rules)).toEqual([]);
    // Learnt later: it had been resolved in time. The breach stands.
    scenario.lines('2026-03-02T04:00 resolved');
    expect(scenario.milestones(now)).toEqual(['met', 'breached', 'breached', 'breached']);
  });

  it('judges no deadline that may still move', () => {
    const paused = log(OPENED, '2026-03-03T02:00 waiting');
    expect(
      recordBreaches(paused.state, '2026-05-01T00:00:00.000Z', rules).map(
        ({ data }) => (data as unknown as { milestone: string }).milestone,
      ),
    ).toEqual(['acknowledge', 'accept']);
    const provisional = log('2026-12-28T01:00 classified', '2026-12-28T02:00 closed', '2026-12-28T03:00 accepted');
    expect(recordBreaches(provisional.state, '2027-05-01T00:00:00.000Z', rules)).toEqual([]);
  });

  it('projects a provisional deadline again once its schedule is published', () => {
    const scenario = log('2026-12-28T01:00 classified', '2026-12-29T01:00 waiting', '2026-12-30T01:00 noted');
    expect(scenario.record.deadlines.complete).toMatchObject({ on: '2027-01-06', provisional: true });
    expect(projectDeadline(scenario.state, '2026-12-30T02:00:00.000Z', rules)).toEqual([]);
    const published = new DeadlineClock(
      chinaCalendar([
        { date: '2027-01-01', day: 'off' },
        { date: '2027-01-04', day: 'off' },
      ]),
      timeZone,
    );
    const [event] = projectDeadline(scenario.state, '2026-12-30T02:00:00.000Z', published);
    expect(event).toMatchObject({
      type: 'DeadlineProjected',
      data: { complete: { on: '2027-01-11', provisional: false, calendar: 'CN/2027' }, previous: { on: '2027-01-07' } },
    });
    scenario.given([event!]);
    expect(projectDeadline(scenario.state, '2026-12-30T02:00:00.000Z', published)).toEqual([]);
    expect(scenario.milestones('2027-01-11T15:59:59.999Z')[3]).toBe('running');
  });
});

const activity = fc.constantFrom(
  'noted',
  'accepted',
  'waiting',
  'resolved',
  'closed',
  'escalated',
  'rejected',
  'withdrawn',
  'duplicate',
);
/** Random logs: gaps of up to nine days, some of them none. */
const randomLog = fc.array(fc.tuple(activity, fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 777_600_000 }))), {
  maxLength: 12,
});

function play(steps: readonly (readonly [string, number])[], openedAt: string): CaseScenario {
  const scenario = new CaseScenario(around).lines(`${openedAt} opened`);
  let at = openedAt;
  for (const [what, gap] of steps) scenario.lines(`${(at = addMilliseconds(at, gap))} ${what}`);
  return scenario;
}

describe('identities on random logs (domain.md §4)', () => {
  it('every case is in exactly one state, every counted milestone met, breached or running', () => {
    fc.assert(
      fc.property(fc.array(randomLog, { maxLength: 8 }), fc.integer({ min: 0, max: 40 }), (logs, day) => {
        const asOf = addMilliseconds('2026-03-02T01:00:00.000Z', day * 86_400_000);
        const tally = new ServiceTally({ from: '2026-03-01', to: '2026-03-31', asOf, timeZone });
        for (const one of logs) tally.add(play(one, '2026-03-02T01:00:00.000Z').record);
        const figures = tally.figures();
        const { opened, open, resolved, closed, rejected, withdrawn, duplicate } = figures;
        expect(opened).toBe(logs.length);
        expect(open + resolved + closed + rejected + withdrawn + duplicate).toBe(opened);
        for (const name of ['acknowledge', 'accept', 'answer', 'complete'] as const) {
          const { met, breached, running } = figures[name];
          expect(met + breached + running).toBe(opened - rejected - withdrawn - duplicate);
        }
      }),
      { numRuns: 100 },
    );
  });

  it('a breach is never rewritten, whatever happens later', () => {
    fc.assert(
      fc.property(
        randomLog,
        fc.array(fc.integer({ min: 0, max: 90 }), { minLength: 2, maxLength: 6 }),
        (steps, days) => {
          const { record } = play(steps, '2026-03-02T01:00:00.000Z');
          const breached = new Set<string>();
          for (const day of [...days].sort((a, b) => a - b)) {
            const asOf = addMilliseconds('2026-03-02T01:00:00.000Z', day * 86_400_000);
            const standing = standingAt(record, asOf)!;
            for (const { milestone, status } of milestonesAt(standing, asOf)) {
              if (breached.has(milestone)) expect(status).toBe('breached');
              if (status === 'breached' && !isExcluded(standing.status)) breached.add(milestone);
            }
          }
        },
      ),
    );
  });

  it('the deadline kept in the events is the one that the pauses give anew', () => {
    fc.assert(
      fc.property(randomLog, (steps) => {
        const { state } = play(steps, '2026-03-02T01:00:00.000Z');
        if (state.status === 'NotOpened') return;
        const anew = rules.project(state.standing.openedAt, STANDARD_POLICY.completeWorkingDays, state.pauses);
        expect(state.standing.deadlines.complete).toEqual(anew);
      }),
    );
  });
});
