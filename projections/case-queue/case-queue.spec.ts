import { describe, expect, it } from '@jest/globals';
import { EventReader } from '#libs/projection-engine';
import { MemoryLog } from '../account-log.fixtures.js';
import { arrearsAgingProjection } from '../arrears-aging/arrears-aging.projection.js';
import { MemoryCase } from '../case-log.fixtures.js';
import { caseQueueProjection, type QueuedCaseDocument } from './case-queue.projection.js';

function folded(log: MemoryLog): QueuedCaseDocument | undefined {
  let doc: QueuedCaseDocument | undefined;
  for (const event of new EventReader().read(log.events)) {
    for (const key of caseQueueProjection.keys(event)) doc = caseQueueProjection.evolve(doc, event, key);
  }
  return doc;
}

describe('the queue of cases', () => {
  it('shows where a case stands, and the clock that ends next', () => {
    const log = new MemoryLog();
    const one = new MemoryCase(log, '7');
    one.lines('2026-03-02T01:00 classified');
    expect(folded(log)).toMatchObject({
      caseId: '7',
      status: 'Open',
      idle: false,
      due: 'acknowledge',
      dueAt: '2026-03-03T01:00:00.000Z',
    });
    one.lines('2026-03-02T02:00 accepted');
    expect(folded(log)).toMatchObject({ handler: 'ann', due: 'answer', dueAt: '2026-03-04T01:00:00.000Z' });
    one.lines('2026-03-02T03:00 waiting');
    expect(folded(log)).toMatchObject({ status: 'Open', idle: true, due: null, dueAt: null });
    one.lines('2026-03-04T03:00 noted');
    expect(folded(log)).toMatchObject({ idle: false, due: 'complete', dueAt: '2026-03-13T15:59:59.999Z' });
    one.lines('2026-03-04T04:00 resolved');
    expect(folded(log)).toMatchObject({ status: 'Resolved', idle: true, dueAt: null });
  });

  it('is keyed by the stream, and takes only cases', () => {
    const log = new MemoryLog();
    const [opened] = new MemoryCase(log, '1', 'dispute').lines('2026-03-02T01:00 opened');
    expect(caseQueueProjection.keys(opened!)).toEqual(['dispute-yinghu.1']);
    expect(caseQueueProjection.keys({ ...opened!, category: 'account' })).toEqual([]);
  });

  it('is no account: a dispute that is a case does not age', () => {
    const log = new MemoryLog();
    const [opened] = new MemoryCase(log, '1', 'dispute').lines('2026-03-02T01:00 opened');
    expect(arrearsAgingProjection.documents(opened!)).toEqual([]);
  });
});
