import { describe, expect, it } from '@jest/globals';
import { calendarOf, DeadlineClock } from '#libs/calendar';
import { CaseScenario, SEALED } from './case.scenario.js';
import type { OpenedCase } from './case.state.js';
import { STANDARD_POLICY } from './service-policy.js';
import type { CaseData } from './case.events.js';

const timeZone = 'Asia/Shanghai';
const rules = new DeadlineClock(calendarOf('CN'), timeZone);
const around = { timeZone, calendar: 'CN', policy: STANDARD_POLICY, rules };
const log = (...lines: string[]) => new CaseScenario(around).lines(...lines);
const standing = (scenario: CaseScenario) => (scenario.state as OpenedCase).standing;

// Monday 2026-03-02, 09:00 in Shanghai; completion is due on Wednesday the 11th.
const OPENED = '2026-03-02T01:00 classified';

describe('a line of a log (D5)', () => {
  it('opens the case when it is the first, whatever its activity', () => {
    for (const activity of ['classified', 'resolved', 'rejected', 'waiting']) {
      const scenario = log(`2026-03-02T01:00 ${activity}`);
      expect(scenario.types).toEqual(['ComplaintOpened']);
      expect(scenario.events[0]).toMatchObject({
        effectiveOn: '2026-03-02',
        occurredAt: '2026-03-02T01:00:00.000Z',
        data: {
          ...{ caseId: '1', kind: 'complaint', activity, agent: 'ann', team: 'desk', severity: '1' },
          policy: STANDARD_POLICY,
          deadlines: {
            acknowledge: { at: '2026-03-03T01:00:00.000Z' },
            accept: { at: '2026-03-03T01:00:00.000Z' },
            answer: { at: '2026-03-04T01:00:00.000Z' },
            complete: { on: '2026-03-11', at: '2026-03-11T15:59:59.999Z', provisional: false, calendar: 'CN/2026' },
          },
        },
      });
    }
  });

  it('acknowledges when it is the second', () => {
    expect(log(OPENED, '2026-03-02T02:00 noted', '2026-03-02T03:00 noted').types).toEqual([
      'ComplaintOpened',
      'ComplaintAcknowledged',
      'ProgressReported',
      'ProgressReported',
    ]);
  });

  it('accepts once, names the handler, and reopens what was done', () => {
    const scenario = log(OPENED, '2026-03-02T02:00 accepted', '2026-03-02T03:00 accepted');
    expect(scenario.types.slice(1)).toEqual(['ComplaintAcknowledged', 'ComplaintAccepted', 'ProgressReported']);
    expect(scenario.state).toMatchObject({ handler: 'ann', handlers: ['ann'] });
    scenario.lines('2026-03-02T04:00 resolved', '2026-03-02T05:00 accepted');
    expect(scenario.types.slice(4)).toEqual(['ComplaintAnswered', 'ComplaintResolved', 'ComplaintReopened']);
    expect(standing(scenario)).toMatchObject({ status: 'Open', reopened: true, doneAt: { complete: null } });
  });

  it('pauses with waiting, which answers if it is the first reply, until the next activity', () => {
    const scenario = log(OPENED, '2026-03-03T02:00 waiting', '2026-03-05T02:00 noted');
    expect(scenario.types.slice(1)).toEqual([
      'ComplaintAcknowledged',
      'ComplaintAnswered',
      'ClockPaused',
      'ClockResumed',
      'ProgressReported',
    ]);
    expect(scenario.events[4]!.data).toMatchObject({
      complete: { on: '2026-03-13' },
      milestones: { complete: '2026-03-13T15:59:59.999Z' },
    });
  });

  it('waiting after waiting is a second pause', () => {
    const scenario = log(OPENED, '2026-03-03T02:00 waiting', '2026-03-04T02:00 waiting', '2026-03-05T02:00 noted');
    expect(scenario.types.slice(3)).toEqual([
      'ClockPaused',
      'ClockResumed',
      'ClockPaused',
      'ClockResumed',
      'ProgressReported',
    ]);
    expect(standing(scenario).deadlines.complete.on).toBe('2026-03-13');
  });

  it('a waiting that reopens also pauses, and answers if it is the first reply', () => {
    const scenario = log(OPENED, '2026-03-02T02:00 resolved', '2026-03-03T02:00 waiting');
    expect(scenario.types.slice(4)).toEqual(['ComplaintReopened', 'ClockPaused']);
    expect(standing(scenario).doneAt.answer).toBe('2026-03-02T02:00:00.000Z');
  });

  it('escalated reopens; otherwise it is an escalation', () => {
    const scenario = log(OPENED, '2026-03-02T02:00 escalated', '2026-03-02T03:00 closed', '2026-03-02T04:00 escalated');
    expect(scenario.types.slice(2, 3)).toEqual(['ComplaintEscalated']);
    expect(scenario.types.slice(-2)).toEqual(['ComplaintReopened', 'ComplaintEscalated']);
  });

  it('resolving answers but does not accept; doing it again moves the completion', () => {
    const scenario = log(OPENED, '2026-03-02T02:00 resolved', '2026-03-02T05:00 resolved');
    expect(standing(scenario).doneAt).toMatchObject({
      accept: null,
      answer: '2026-03-02T02:00:00.000Z',
      complete: '2026-03-02T05:00:00.000Z',
    });
    scenario.lines('2026-03-03T02:00 closed');
    expect(standing(scenario)).toMatchObject({
      status: 'Closed',
      doneAt: { accept: null, complete: '2026-03-02T05:00:00.000Z' },
    });
  });

  it('resolved or closed after closed is only progress', () => {
    const scenario = log(OPENED, '2026-03-02T02:00 resolved', '2026-03-03T02:00 closed');
    const before = standing(scenario);
    scenario.lines('2026-03-04T02:00 resolved', '2026-03-04T02:00 closed');
    expect(scenario.types.slice(-2)).toEqual(['ProgressReported', 'ProgressReported']);
    expect(standing(scenario)).toEqual(before);
  });

  it('closing without any resolution completes, accepts and answers', () => {
    const scenario = log(OPENED, '2026-03-02T02:00 closed');
    expect(scenario.types.slice(1)).toEqual([
      'ComplaintAcknowledged',
      'ComplaintAccepted',
      'ComplaintAnswered',
      'ComplaintClosed',
    ]);
    expect(standing(scenario).doneAt.complete).toBe('2026-03-02T02:00:00.000Z');
  });

  it('reopening undoes completion until the case is resolved again: a closing does not', () => {
    const scenario = log(OPENED, '2026-03-02T02:00 resolved', '2026-03-02T03:00 accepted', '2026-03-02T04:00 closed');
    expect(standing(scenario)).toMatchObject({ status: 'Closed', doneAt: { complete: null } });
    expect(scenario.milestones('2026-03-12T00:00:00.000Z')[3]).toBe('breached');
  });

  it.each([
    ['rejected', 'ComplaintRejected', 'Rejected'],
    ['duplicate', 'ComplaintMarkedDuplicate', 'Duplicate'],
    ['withdrawn', 'ComplaintWithdrawn', 'Withdrawn'],
  ])('%s ends the case, even after closing; what follows is progress', (activity, type, status) => {
    const scenario = log(
      OPENED,
      '2026-03-02T02:00 resolved',
      '2026-03-02T03:00 closed',
      `2026-03-02T04:00 ${activity}`,
    );
    expect(scenario.types.at(-1)).toBe(type);
    for (const after of ['accepted', 'waiting', 'resolved', 'rejected', 'noted']) {
      expect(scenario.line(`2026-03-03T02:00 ${after}`).map((event) => event.type)).toEqual(['ProgressReported']);
    }
    expect(standing(scenario)).toMatchObject({ status, pausedAt: null });
  });

  it('leaves at least one event, twice the same line two facts', () => {
    for (const activity of ['accepted', 'closed', 'verified', 'opened', 'Resolved', ' ']) {
      const scenario = log(OPENED, '2026-03-02T02:00 closed', '2026-03-02T02:00 closed');
      expect(scenario.line(`2026-03-02T02:00 x`, { activity })).not.toEqual([]);
    }
  });

  it('carries what changes in it, and keeps what it leaves empty', () => {
    const scenario = log(OPENED);
    scenario.line('2026-03-02T02:00 accepted', { team: 'night', severity: '2', agent: 'bob' });
    const [event] = scenario.line('2026-03-02T03:00 noted', {
      team: null,
      severity: null,
      agent: null,
      customer: SEALED,
    });
    expect(event!.data).toMatchObject({
      team: 'night',
      severity: '2',
      agent: null,
      handler: 'bob',
      customer: SEALED,
      openedAt: '2026-03-02T01:00:00.000Z',
    });
    const again = scenario.line('2026-03-02T03:00 accepted', { customer: SEALED });
    expect(again.map(({ type, data }) => [type, (data as CaseData<'ProgressReported'>).customer])).toEqual([
      ['ProgressReported', SEALED],
    ]);
  });

  it('cannot come before a fact that the case has', () => {
    const scenario = log(OPENED, '2026-03-02T02:00 noted');
    expect(() => scenario.line('2026-03-02T01:59 noted')).toThrow(
      expect.objectContaining({ code: 'ACTIVITY_OUT_OF_ORDER' }),
    );
    expect(scenario.events).toHaveLength(3);
  });
});
