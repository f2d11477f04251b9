import { describe, expect, it } from '@jest/globals';
import { calendarOf, DeadlineClock } from '#libs/calendar';
import {
  acceptCase,
  acknowledgeCase,
  answerCase,
  assignCase,
  awaitCustomer,
  closeCase,
  escalateCase,
  markDuplicate,
  rejectCase,
  reopenCase,
  reportProgress,
  resolveCase,
  resumeClock,
  verifyCase,
  withdrawCase,
  type Decision,
  type Done,
} from './case.decisions.js';
import { CASE_KINDS, eventType } from './case-kind.js';
import { CaseScenario, SEALED } from './case.scenario.js';
import type { OpenCase } from './opening.decisions.js';
import { STANDARD_POLICY } from './service-policy.js';

const timeZone = 'Asia/Shanghai';
const around = {
  timeZone,
  calendar: 'CN',
  policy: STANDARD_POLICY,
  rules: new DeadlineClock(calendarOf('CN'), timeZone),
};
const T0 = '2026-03-02T01:00:00.000Z';
const at = (hour: number) => `2026-03-02T${String(hour).padStart(2, '0')}:00:00.000Z`;
const by = (agent: string, hour: number) => ({ agent, at: at(hour), text: null });
const opened = (details: Partial<OpenCase> = {}) => new CaseScenario(around).opened(T0, details);
const accepted = (details: Partial<OpenCase> = {}) =>
  opened(details).when(acceptCase, { ...by('ann', 2), handler: 'ann' });
const resolved = (details: Partial<OpenCase> = {}) => accepted(details).when(resolveCase, by('ann', 3));
const closed = () => resolved().when(closeCase, by('cleo', 4));

function refuses<C extends Done>(scenario: CaseScenario, decide: Decision<C>, command: Omit<C, 'now'>, code: string) {
  const stored = scenario.events.length;
  expect(() => scenario.when(decide, command as Omit<C, 'now'> & { now?: string })).toThrow(
    expect.objectContaining({ code }),
  );
  expect(scenario.events).toHaveLength(stored);
}

describe('a case from opened to closed (R3.2)', () => {
  it('contact, acceptance, handling, feedback, archive', () => {
    const scenario = opened()
      .when(acknowledgeCase, by('ann', 2))
      .when(acceptCase, { ...by('ann', 3), handler: 'bob' })
      .when(reportProgress, by('bob', 4))
      .when(answerCase, by('bob', 5))
      .when(answerCase, by('bob', 6))
      .when(awaitCustomer, by('bob', 7))
      .when(resumeClock, by('bob', 8))
      .when(resolveCase, { ...by('bob', 9), text: SEALED })
      .when(verifyCase, by('vera', 10))
      .when(closeCase, by('cleo', 11));
    expect(scenario.types).toEqual([
      'ComplaintOpened',
      'ComplaintAcknowledged',
      'ComplaintAccepted',
      'ProgressReported',
      'ComplaintAnswered',
      'ComplaintAnswered',
      'ClockPaused',
      'ClockResumed',
      'ComplaintResolved',
      'ComplaintVerified',
      'ComplaintClosed',
    ]);
    expect(scenario.state).toMatchObject({
      handler: 'bob',
      handlers: ['bob'],
      verifiedBy: 'vera',
      standing: { status: 'Closed' },
    });
    expect(scenario.milestones('2026-05-01T00:00:00.000Z')).toEqual(['met', 'met', 'met', 'met']);
  });

  it.each(CASE_KINDS)('shares its code with every kind: %s', (kind) => {
    const scenario = new CaseScenario(around).opened(T0, { kind }).when(acceptCase, { ...by('ann', 2), handler: null });
    expect(scenario.types).toEqual(
      ['Opened', 'Acknowledged', 'Accepted'].map((action) => eventType(kind, action as 'Opened')),
    );
    expect(scenario.types[0]).toBe(`${kind[0]!.toUpperCase()}${kind.slice(1)}Opened`);
  });

  it('carries in every event what a read model needs to place it', () => {
    for (const { data } of closed().events) {
      expect(data).toMatchObject({
        caseId: '2026-000001',
        kind: 'complaint',
        openedAt: T0,
        team: 'desk',
        severity: 'normal',
      });
      expect(data.milestones).toEqual({
        acknowledge: '2026-03-03T01:00:00.000Z',
        accept: '2026-03-03T01:00:00.000Z',
        answer: '2026-03-04T01:00:00.000Z',
        complete: '2026-03-11T15:59:59.999Z',
      });
    }
  });

  it('keeps the policy under which it was opened', () => {
    const policy = { ...STANDARD_POLICY, version: 2, acknowledgeHours: 1, completeWorkingDays: 1 };
    const scenario = new CaseScenario({ ...around, policy }).opened(T0);
    expect(scenario.record.deadlines).toMatchObject({ acknowledge: { at: at(2) }, complete: { on: '2026-03-03' } });
  });

  it('keeps the promise of answers: the second is no milestone', () => {
    const scenario = opened().when(answerCase, by('ann', 2)).when(answerCase, by('ann', 5));
    expect(scenario.events.slice(-2).map(({ data }) => (data as unknown as { first: boolean }).first)).toEqual([
      true,
      false,
    ]);
    expect(scenario.record.steps.filter(({ step }) => step === 'answered')).toHaveLength(1);
  });

  it('ends by withdrawal, rejection, duplicate', () => {
    expect(closed().when(withdrawCase, by('ann', 5)).types.at(-1)).toBe('ComplaintWithdrawn');
    expect(opened().when(rejectCase, by('ann', 5)).types).toEqual([
      'ComplaintOpened',
      'ComplaintAcknowledged',
      'ComplaintRejected',
    ]);
    expect(opened().when(markDuplicate, { ...by('ann', 5), ofCaseId: '2026-000000' }).state).toMatchObject({
      standing: { status: 'Duplicate' },
    });
  });

  it('accepting, waiting or escalating after resolved or closed reopens it (D5)', () => {
    expect(
      closed()
        .when(acceptCase, { ...by('ann', 5), handler: null })
        .types.at(-1),
    ).toBe('ComplaintReopened');
    expect(closed().when(awaitCustomer, by('ann', 5)).types.slice(-2)).toEqual(['ComplaintReopened', 'ClockPaused']);
    expect(
      resolved()
        .when(escalateCase, { ...by('ann', 5), rung: null })
        .types.slice(-2),
    ).toEqual(['ComplaintReopened', 'ComplaintEscalated']);
    expect(closed().when(reopenCase, by('ann', 5)).state).toMatchObject({
      standing: { status: 'Open', reopened: true },
    });
  });

  it('a dispute climbs its ladder (R1.4)', () => {
    const scenario = opened({ kind: 'dispute' });
    for (const rung of ['owners-assembly', 'housing-authority', 'court'] as const)
      scenario.when(escalateCase, { ...by('ann', 2), rung });
    expect(scenario.types.slice(2)).toEqual(['DisputeEscalated', 'DisputeEscalated', 'DisputeEscalated']);
    refuses(opened(), escalateCase, { ...by('ann', 2), rung: 'court' }, 'RUNG_INVALID');
  });
});

describe('refusals store nothing and have stable codes', () => {
  it('of what is not open', () => {
    refuses(new CaseScenario(around), answerCase, by('ann', 2), 'CASE_NOT_FOUND');
    expect(() => opened().opened(T0)).toThrow(expect.objectContaining({ code: 'CASE_EXISTS' }));
    for (const decide of [answerCase, reportProgress, resolveCase, closeCase])
      refuses(closed(), decide, by('ann', 5), 'CASE_CLOSED');
    for (const decide of [acknowledgeCase, resumeClock])
      refuses(opened().when(withdrawCase, by('ann', 2)), decide, by('ann', 5), 'CASE_ENDED');
    refuses(closed(), assignCase, { ...by('ann', 5), handler: 'bob' }, 'CASE_CLOSED');
    refuses(opened(), reopenCase, by('ann', 5), 'CASE_STILL_OPEN');
  });

  it('of doing the same twice', () => {
    refuses(accepted(), acknowledgeCase, by('ann', 5), 'CASE_ALREADY_ACKNOWLEDGED');
    refuses(accepted(), acceptCase, { ...by('ann', 5), handler: null }, 'CASE_ALREADY_ACCEPTED');
    refuses(accepted().when(awaitCustomer, by('ann', 3)), awaitCustomer, by('ann', 5), 'CLOCK_ALREADY_PAUSED');
    refuses(accepted(), resumeClock, by('ann', 5), 'CLOCK_NOT_PAUSED');
    refuses(resolved().when(verifyCase, by('vera', 4)), verifyCase, by('vera', 5), 'CASE_ALREADY_VERIFIED');
    refuses(opened(), markDuplicate, { ...by('ann', 2), ofCaseId: '2026-000001' }, 'DUPLICATE_OF_ITSELF');
  });

  it('of the wrong person: nobody verifies what they ever handled (D12)', () => {
    refuses(resolved(), verifyCase, by('ann', 5), 'VERIFIER_IS_HANDLER');
    const passedOn = accepted()
      .when(assignCase, { ...by('ann', 3), handler: 'bob' })
      .when(resolveCase, by('carl', 4));
    for (const who of ['ann', 'bob', 'carl']) refuses(passedOn, verifyCase, by(who, 5), 'VERIFIER_IS_HANDLER');
    expect(passedOn.when(verifyCase, by('vera', 5)).state).toMatchObject({ verifiedBy: 'vera' });
    refuses(accepted(), verifyCase, by('vera', 5), 'CASE_NOT_RESOLVED');
  });

  it('of a major case without a named handler or an unverified one (R3.3)', () => {
    const major = { severity: 'major' };
    refuses(opened(major), acceptCase, { ...by('ann', 2), handler: null }, 'HANDLER_REQUIRED');
    refuses(opened(major), resolveCase, by('ann', 2), 'HANDLER_REQUIRED');
    refuses(opened(), assignCase, { ...by('ann', 2), handler: null, severity: 'major' }, 'HANDLER_REQUIRED');
    refuses(resolved(major), closeCase, by('cleo', 5), 'VERIFICATION_REQUIRED');
    expect(resolved(major).when(verifyCase, by('vera', 5)).when(closeCase, by('cleo', 6)).types.at(-1)).toBe(
      'ComplaintClosed',
    );
    const again = resolved(major)
      .when(verifyCase, by('vera', 4))
      .when(reopenCase, by('ann', 5))
      .when(resolveCase, by('ann', 6));
    refuses(again, closeCase, by('cleo', 7), 'VERIFICATION_REQUIRED');
  });

  it('of closing a reopened case that was not resolved again', () => {
    refuses(resolved().when(reopenCase, by('ann', 4)), closeCase, by('ann', 5), 'RESOLUTION_REQUIRED');
  });

  it('of impossible times', () => {
    refuses(accepted(), answerCase, by('ann', 1), 'ACTIVITY_OUT_OF_ORDER');
    const early = { ...by('ann', 9), now: at(8) };
    expect(() => opened().when(answerCase, early)).toThrow(expect.objectContaining({ code: 'ACTIVITY_IN_FUTURE' }));
    expect(() => opened({ now: '2026-03-02T00:59:59.999Z' })).toThrow(
      expect.objectContaining({ code: 'ACTIVITY_IN_FUTURE' }),
    );
  });
});
