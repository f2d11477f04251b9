import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { verifyProjections } from '#libs/projection-engine';
import {
  CaseQueueReader,
  checkIdentities,
  projections,
  ServiceQualityReader,
  type QueuedCase,
  type ServiceCase,
} from '#projections';
import { MemoryLog } from '../../../projections/account-log.fixtures.js';
import { MemoryCase } from '../../../projections/case-log.fixtures.js';
import { ReadModels } from './read-models.js';

const COMMUNITY = 'yinghu';
const YEAR = { communityId: COMMUNITY, from: '2026-01-01', to: '2026-12-31', timeZone: 'Asia/Shanghai' };

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

describe('readers of cases, on a server', () => {
  const log = new MemoryLog();
  let models: ReadModels;
  let service: ServiceQualityReader;
  let queue: CaseQueueReader;

  beforeAll(async () => {
    new MemoryCase(log, 'A').lines(
      '2026-03-02T01:00 opened ann day',
      '2026-03-02T02:00 accepted bob day',
      '2026-03-02T05:30 resolved bob day',
    );
    new MemoryCase(log, 'B').lines('2026-03-31T16:00 opened ann night', '2026-04-01T02:00 waiting ann night');
    new MemoryCase(log, 'C', 'incident').lines('2026-03-03T01:00 opened ann day');
    new MemoryCase(log, 'D').lines('2026-03-03T01:00 opened ann day', '2026-03-03T02:00 duplicate ann day');
    new MemoryCase(log, 'X', 'dispute', 'other').lines('2026-03-03T01:00 opened ann day');
    log.account('B1/0101').open('2026-03-01');
    models = await ReadModels.open();
    await models.fold(log);
    service = new ServiceQualityReader(models.store);
    queue = new CaseQueueReader(models.store);
  }, 60_000);

  afterAll(() => models?.close());

  it('give the figures of a period as of an instant', async () => {
    const later = await service.findFigures({ ...YEAR, asOf: '2026-04-02T00:00:00.000Z' });
    expect(later).toMatchObject({
      ...{ opened: 4, resolved: 1, open: 2, closed: 0, duplicate: 1, reopened: 0 },
      resolutionRate: { numerator: 1, denominator: 3 },
      complete: { met: 1, breached: 1, running: 1, p50Hours: 32, p90Hours: 719, p95Hours: 719 },
    });
    const earlier = await service.findFigures({ ...YEAR, asOf: '2026-03-02T05:29:59.999Z' });
    expect(earlier).toMatchObject({ opened: 1, resolved: 0, open: 1, complete: { running: 1, p50Hours: 4.5 } });
    const april = await service.findFigures({ ...YEAR, from: '2026-04-01', asOf: '2026-04-02T00:00:00.000Z' });
    expect(april.opened).toBe(1);
    expect((await service.findFigures({ ...YEAR, communityId: 'none', asOf: '2026-04-02T00:00:00.000Z' })).opened).toBe(
      0,
    );
  });

  it('break figures down to slices, and slices to their cases', async () => {
    const query = { ...YEAR, asOf: '2026-04-02T00:00:00.000Z' };
    const counts = async (dimension: 'team' | 'agent' | 'kind' | 'severity' | 'month') =>
      (await service.listFiguresBy(query, dimension)).map(({ value, figures }) => [value, figures.opened]);
    expect(await counts('team')).toEqual([
      ['day', 3],
      ['night', 1],
    ]);
    expect(await counts('agent')).toEqual([
      [null, 3],
      ['bob', 1],
    ]);
    expect(await counts('kind')).toEqual([
      ['complaint', 3],
      ['incident', 1],
    ]);
    expect(await counts('severity')).toEqual([['1', 4]]);
    expect(await counts('month')).toEqual([
      ['2026-03', 3],
      ['2026-04', 1],
    ]);
    const cases: ServiceCase[] = await all(service.listCases(query, { dimension: 'team', value: 'day' }));
    expect(cases.map(({ caseId, status }) => [caseId, status])).toEqual([
      ['A', 'Resolved'],
      ['D', 'Duplicate'],
      ['C', 'Open'],
    ]);
    expect(cases[0]!.milestones.map(({ status }) => status)).toEqual(['met', 'met', 'met', 'met']);
  });

  it('list the queue, those without a running clock last', async () => {
    const now = '2026-03-04T00:00:00.000Z';
    const listed: QueuedCase[] = await all(queue.listCases({ communityId: COMMUNITY, now }));
    expect(listed.map(({ caseId, due, minutesLeft }) => [caseId, due, minutesLeft])).toEqual([
      ['C', 'acknowledge', 60],
      ['B', 'accept', (28 * 24 + 16) * 60],
      ['A', null, null],
      ['D', null, null],
    ]);
    expect(
      (await all(queue.listCases({ communityId: COMMUNITY, now, status: 'Duplicate' }))).map(({ caseId }) => caseId),
    ).toEqual(['D']);
    const late = await all(
      queue.listCases({ communityId: COMMUNITY, now: '2026-03-05T01:00:00.001Z', breached: true }),
    );
    expect(late.map(({ caseId }) => caseId)).toEqual(['C']);
  });

  it('keep every identity, and equal what a rebuild gives', async () => {
    const identities = await checkIdentities({ source: log, store: models.store, projections });
    expect(identities.filter(({ holds }) => !holds)).toEqual([]);
    const verified = await verifyProjections(await log.headPosition(), {
      source: log,
      store: models.store,
      projections,
    });
    expect(verified.flatMap(({ differences }) => differences)).toEqual([]);
  });

  it('find a case whose state was changed in one of the read models', async () => {
    const cases = models.store.collection<{ _id: string; status: string }>('case-queue.v1');
    await cases.updateOne({ _id: 'complaint-yinghu.A' }, { $set: { status: 'Open' } });
    const broken = (await checkIdentities({ source: log, store: models.store, projections })).filter(
      ({ holds }) => !holds,
    );
    expect(broken).toMatchObject([{ detail: 'complaint-yinghu.A: Resolved by its facts, Open in the queue' }]);
    await cases.updateOne({ _id: 'complaint-yinghu.A' }, { $set: { status: 'Resolved' } });
  });

  it.each([
    ['figures', 'opening-order', () => service.explain({ ...YEAR, asOf: '2026-04-02T00:00:00.000Z' })],
    ['the queue', 'queue-order', () => queue.explain({ communityId: COMMUNITY, now: '' })],
    ['the queue of a state', 'status-order', () => queue.explain({ communityId: COMMUNITY, status: 'Open', now: '' })],
  ] as const)('%s: served in order by the index %s, nothing is sorted or scanned', async (_name, index, explain) => {
    const plan = JSON.stringify(await explain(), (_key, value: unknown) =>
      typeof value === 'bigint' ? `${value}` : value,
    );
    const winning = plan.slice(plan.indexOf('winningPlan'));
    expect(winning).toContain('"IXSCAN"');
    expect(winning).toContain(`"indexName":"${index}"`);
    expect(winning).not.toContain('"COLLSCAN"');
    expect(winning).not.toContain('"SORT"');
  });
});
