import { describe, expect, it } from '@jest/globals';
import { chinaCalendar, DeadlineClock } from '#libs/calendar';
import { EventReader } from '#libs/projection-engine';
import { projectDeadline, type CaseState } from '#libs/service-desk';
import { MemoryLog } from '../account-log.fixtures.js';
import { MemoryCase } from '../case-log.fixtures.js';
import { caseTimersProjection, type CaseTimersDocument } from './case-timers.projection.js';

const published = new DeadlineClock(chinaCalendar([{ date: '2027-01-01', day: 'off' }]), 'Asia/Shanghai');

function folded(log: MemoryLog): CaseTimersDocument | undefined {
  let doc: CaseTimersDocument | undefined;
  for (const event of new EventReader().read(log.events)) {
    for (const key of caseTimersProjection.keys(event)) doc = caseTimersProjection.evolve(doc, event, key);
  }
  return doc;
}

function projected(one: MemoryCase): void {
  one.decide((state: CaseState) => projectDeadline(state, '2026-12-30T00:00:00.000Z', published));
}

describe('the timers of cases', () => {
  it('are folded from the events of our own cases', () => {
    const log = new MemoryLog();
    const one = new MemoryCase(log, '2026/000001');
    one.open('2026-03-02T01:00:00.000Z');
    expect(folded(log)).toMatchObject({
      ...{ communityId: 'yinghu', kind: 'complaint', caseId: '2026/000001', calendar: 'CN', provisionalBy: null },
      nextAt: '2026-03-03T01:00:00.000Z',
      timers: [
        { milestone: 'acknowledge' },
        { milestone: 'accept' },
        { milestone: 'answer' },
        { milestone: 'complete' },
      ],
    });
    one.lines('2026-03-02T02:00 resolved');
    expect(folded(log)).toMatchObject({ timers: [{ milestone: 'accept' }], nextAt: '2026-03-03T01:00:00.000Z' });
    one.lines('2026-03-02T03:00 accepted');
    expect(folded(log)).toMatchObject({ timers: [{ milestone: 'complete' }], nextAt: '2026-03-11T15:59:59.999Z' });
    one.lines('2026-03-02T04:00 waiting');
    expect(folded(log)).toMatchObject({ timers: [], nextAt: null });
    one.lines('2026-03-02T05:00 duplicate');
    expect(folded(log)).toBeUndefined();
  });

  it('are none for a case of a log: what it does not say yet may have been done', () => {
    const log = new MemoryLog();
    new MemoryCase(log, '7').lines('2026-03-02T01:00 classified', '2026-03-20T02:00 accepted');
    expect(folded(log)).toBeUndefined();
  });

  it('wait for a schedule that is not published, in a case of a log, too', () => {
    for (const own of [true, false]) {
      const log = new MemoryLog();
      const one = new MemoryCase(log, '7');
      if (own) one.open('2026-12-28T01:00:00.000Z');
      else one.lines('2026-12-28T01:00 classified');
      expect(folded(log)).toMatchObject({ calendar: 'CN', provisionalBy: 'CN/2026', since: '0' });
      expect(folded(log)!.timers).toHaveLength(own ? 3 : 0);
      projected(one);
      if (own) expect(folded(log)).toMatchObject({ provisionalBy: null, since: '1', timers: { length: 4 } });
      else expect(folded(log)).toBeUndefined();
    }
  });

  it('come back when a pause reaches into such a year', () => {
    const log = new MemoryLog();
    const one = new MemoryCase(log, '7');
    one.lines('2026-12-14T01:00 classified', '2026-12-15T01:00 waiting');
    expect(folded(log)).toBeUndefined();
    one.lines('2027-01-05T01:00 noted');
    expect(folded(log)).toMatchObject({ provisionalBy: 'CN/2026', since: '4', timers: [], standing: null });
    one.lines('2027-01-05T02:00 rejected');
    expect(folded(log)).toBeUndefined();
  });
});
