import { describe, expect, it } from '@jest/globals';
import { MemoryLog } from '../account-log.fixtures.js';
import { auditTrailProjection } from './audit-trail.projection.js';

describe('the audit trail', () => {
  const log = new MemoryLog();

  it('has an entry for every domain event, of any stream and type', () => {
    const data = { communityId: 'yinghu', name: '颖湖', currency: 'CNY', timeZone: 'Asia/Shanghai' };
    const fact = {
      type: 'CommunityRegistered',
      data,
      effectiveOn: '2026-01-01',
      occurredAt: '2025-12-31T16:00:00.000Z',
    };
    const [event] = log.append('yinghu', 'community-yinghu.yinghu', [fact]);
    expect(auditTrailProjection.eventTypes).toBe('all');
    expect(auditTrailProjection.documents(event!)).toEqual([
      {
        communityId: 'yinghu',
        stream: 'community-yinghu.yinghu',
        revision: 0n,
        type: 'CommunityRegistered',
        actor: { id: 'ann', role: 'finance-manager' },
        occurredAt: '2025-12-31T16:00:00.000Z',
        effectiveOn: '2026-01-01',
        recordedAt: '2026-07-01T08:00:00.000Z',
        correlationId: 'correlation-10',
        causationId: 'causation-10',
        hash: 'a'.padStart(64, '0'),
      },
    ]);
  });
});
