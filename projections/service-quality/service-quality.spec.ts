import { describe, expect, it } from '@jest/globals';
import { EventReader, type ProjectedEvent } from '#libs/projection-engine';
import { MemoryLog } from '../account-log.fixtures.js';
import { MemoryCase } from '../case-log.fixtures.js';
import { serviceQualityProjection } from './service-quality.projection.js';

const documents = (events: readonly ProjectedEvent[]) => events.flatMap(serviceQualityProjection.documents);

describe('facts behind the figures of the service desk', () => {
  it('are placed by the opening of their case, each with its step', () => {
    const log = new MemoryLog();
    const one = new MemoryCase(log, '7');
    const [opening] = documents(one.lines('2026-03-02T01:00 classified'));
    expect(opening).toMatchObject({
      ...{ communityId: 'yinghu', stream: 'complaint-yinghu.7', caseId: '7', kind: 'complaint' },
      ...{ openedAt: '2026-03-02T01:00:00.000Z', at: '2026-03-02T01:00:00.000Z' },
      ...{ team: 'desk', severity: '1', agent: null, step: null },
      deadlines: { complete: { on: '2026-03-11' } },
    });
    const accepted = documents(one.lines('2026-03-02T02:00 accepted bob night'));
    expect(accepted).toHaveLength(2);
    expect(accepted).toMatchObject([
      { step: { step: 'acknowledged' }, deadlines: null, team: 'night', agent: 'bob', openedAt: opening!.openedAt },
      { step: { step: 'accepted', at: '2026-03-02T02:00:00.000Z' } },
    ]);
    const resumed = documents(one.lines('2026-03-03T02:00 waiting', '2026-03-05T02:00 noted'));
    expect(resumed).toMatchObject([{ step: { step: 'resumed', complete: { on: '2026-03-13' } } }, { step: null }]);
  });

  it('leave alone what has the same name in another stream', () => {
    const log = new MemoryLog();
    new MemoryCase(log, '1', 'dispute').lines('2026-03-02T01:00 opened');
    const opened = new EventReader().read(log.events)[0]!;
    expect(opened.type).toBe('DisputeOpened');
    expect(documents([opened])).toHaveLength(1);
    const ofAccount = { ...opened, category: 'account', data: { disputeId: '1', reference: '' } };
    expect(documents([ofAccount])).toEqual([]);
    expect(serviceQualityProjection.eventTypes).toContain('IncidentClosed');
  });
});
