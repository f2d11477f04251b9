import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { calendarOf, DeadlineClock } from '#libs/calendar';
import { addMilliseconds, type Instant } from '#libs/kernel';
import { acceptCase, awaitCustomer, closeCase, reopenCase, reportProgress, resolveCase } from './case.decisions.js';
import { CaseScenario } from './case.scenario.js';
import type { CaseData } from './case.events.js';
import type { OpenedCase } from './case.state.js';
import { recordBreach, recordBreaches } from './clock.decisions.js';
import { isOfLog, timersOf } from './clock-timers.js';
import { milestonesAt, standingAt, type CaseRecord } from './milestones.js';
import { ServiceTally } from './service-figures.js';
import { STANDARD_POLICY } from './service-policy.js';

const timeZone = 'Asia/Shanghai';
const rules = new DeadlineClock(calendarOf('CN'), timeZone);
const around = { timeZone, calendar: 'CN', policy: STANDARD_POLICY, rules };
const OPENED = '2026-03-02T01:00:00.000Z';
const scenario = () => new CaseScenario(around);
const timers = (one: CaseScenario) =>
  timersOf((one.state as OpenedCase).standing).map(({ milestone, deadlineAt }) => `${milestone} ${deadlineAt}`);
const by = (at: Instant) => ({ at, agent: 'ann', text: null });

describe('the timers of a case (D5)', () => {
  it('are its clocks, by deadline', () => {
    expect(timers(scenario().opened(OPENED))).toEqual([
      'acknowledge 2026-03-03T01:00:00.000Z',
      'accept 2026-03-03T01:00:00.000Z',
      'answer 2026-03-04T01:00:00.000Z',
      'complete 2026-03-11T15:59:59.999Z',
    ]);
  });

  it('are gone with what was done in time, and stay for what was done late', () => {
    const one = scenario().opened(OPENED).when(reportProgress, by('2026-03-03T01:00:00.000Z'));
    expect(timers(one)).toHaveLength(3);
    one.when(resolveCase, by('2026-03-05T01:00:00.000Z'));
    expect(timers(one)).toEqual(['accept 2026-03-03T01:00:00.000Z', 'answer 2026-03-04T01:00:00.000Z']);
  });

  it('wait for the customer, and move with the deadline', () => {
    const one = scenario().opened(OPENED).when(awaitCustomer, by('2026-03-02T02:00:00.000Z'));
    expect(timers(one)).toEqual(['accept 2026-03-03T01:00:00.000Z']);
    one.when(reportProgress, by('2026-03-04T02:00:00.000Z'));
    expect(timers(one)[1]).toBe('complete 2026-03-13T15:59:59.999Z');
  });

  it('go off once', () => {
    const one = scenario().opened(OPENED);
    const [first] = timersOf((one.state as OpenedCase).standing);
    expect(recordBreach(one.state, first!, first!.deadlineAt, rules)).toEqual([]);
    const now = '2026-03-20T00:00:00.000Z';
    const breach = recordBreach(one.state, first!, now, rules);
    expect(breach).toMatchObject([{ type: 'MilestoneBreached', occurredAt: now, data: { milestone: 'acknowledge' } }]);
    one.given(breach);
    expect(timers(one)).toHaveLength(3);
    expect(recordBreach(one.state, first!, now, rules)).toEqual([]);
  });

  it('have none while the deadline is provisional', () => {
    expect(timers(scenario().opened('2026-12-28T01:00:00.000Z'))).toHaveLength(3);
  });

  it('tell a case of a log from one of our own', () => {
    const opening = (one: CaseScenario) => one.events[0]!.data as CaseData<'Opened'>;
    expect(isOfLog(opening(scenario().opened(OPENED)))).toBe(false);
    expect(isOfLog(opening(scenario().lines('2026-03-02T01:00 classified')))).toBe(true);
  });
});

const ACTIONS = { acceptCase, awaitCustomer, closeCase, reopenCase, reportProgress, resolveCase };
const action = fc.constantFrom(...(Object.keys(ACTIONS) as (keyof typeof ACTIONS)[]));
const gapMs = fc.integer({ min: 0, max: 500_000_000 });
const randomCase = fc.array(fc.tuple(action, gapMs), { maxLength: 10 });

/** Fires whatever is due by now, as the clocks do. */
function fire(one: CaseScenario, now: Instant): void {
  for (const timer of timersOf((one.state as OpenedCase).standing)) {
    if (timer.deadlineAt < now) one.given(recordBreach(one.state, timer, now, rules));
  }
}

/** A case whose clocks are watched or not: before each activity, or not before some of them (downtime). */
function play(steps: readonly (readonly [keyof typeof ACTIONS, number])[], watched: (step: number) => boolean) {
  const one = scenario().opened(OPENED, { severity: 'normal', handler: 'bob' });
  let at = OPENED;
  steps.forEach(([name, gap], step) => {
    at = addMilliseconds(at, gap);
    if (watched(step)) fire(one, at);
    try {
      one.when(ACTIONS[name] as typeof acceptCase, { ...by(at), handler: null });
    } catch {
      // A refusal stores nothing.
    }
  });
  return one;
}

function figuresOf(record: CaseRecord, asOf: Instant) {
  const tally = new ServiceTally({ from: '2026-03-01', to: '2026-03-31', asOf, timeZone });
  tally.add(record);
  return tally.figures();
}

describe('recorded breaches', () => {
  it('never change a figure, whenever they were recorded', () => {
    fc.assert(
      fc.property(randomCase, fc.array(fc.boolean()), fc.array(gapMs, { maxLength: 5 }), (steps, up, days) => {
        const plain = play(steps, () => false);
        const watched = play(steps, (step) => up[step] ?? true);
        const end = addMilliseconds(plain.events.at(-1)!.occurredAt, 1);
        fire(watched, end);
        const instants = [...plain.events.map(({ occurredAt }) => occurredAt), end];
        for (const gap of days) instants.push(addMilliseconds(OPENED, gap * 3));
        for (const asOf of instants) expect(figuresOf(watched.record, asOf)).toEqual(figuresOf(plain.record, asOf));
      }),
      { numRuns: 300 },
    );
  });

  it('are those that the facts give, each once, after any downtime', () => {
    fc.assert(
      fc.property(randomCase, fc.array(fc.boolean()), (steps, up) => {
        const one = play(steps, (step) => up[step] ?? false);
        const now = addMilliseconds(one.events.at(-1)!.occurredAt, 1);
        fire(one, now);
        expect(recordBreaches(one.state, now, rules)).toEqual([]);
        const recorded = one.events.filter(({ type }) => type === 'MilestoneBreached');
        const names = recorded.map(({ data }) => (data as CaseData<'MilestoneBreached'>).milestone);
        expect(new Set(names).size).toBe(names.length);
        const breached = milestonesAt(standingAt(one.record, now)!, now).filter(({ status }) => status === 'breached');
        expect(breached.map(({ milestone }) => milestone).sort()).toEqual([...names].sort());
      }),
      { numRuns: 300 },
    );
  });
});
