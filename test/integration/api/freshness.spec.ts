import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { CommandRunner } from '#libs/event-store';
import type { Decider, NewEvent } from '#libs/kernel';
import type { StoredDocument } from '#libs/read-store';
import { caseQueueProjection, ledgerProjection } from '#projections';
import { TestApi, type Answer } from '../../support/api.js';

let api: TestApi;
const ACCOUNT = '/accounts/B1%2F0101';
const SERVICE = '/service-figures?from=2026-03-01&to=2026-03-31&asOf=2026-03-31';
const QUERIES = [
  `${ACCOUNT}/ledger?limit=1000`,
  '/arrears?asOf=2026-03-31',
  '/arrears/accounts?asOf=2026-03-31&limit=1000',
  '/audit-trail?limit=1000',
  SERVICE,
  '/cases?limit=1000',
  '/cases?limit=1000&breached=true',
];
const ask = (query: string, more = ''): Promise<Answer> => api.get(`${query}${more}`, { role: 'auditor' });
const and = (query: string, parameter: string): string => `${query}${query.includes('?') ? '&' : '?'}${parameter}`;

/** Something happens; the position after it. */
async function command(
  path: string,
  role: 'billing-clerk' | 'cashier' | 'service-agent',
  body: object,
): Promise<string> {
  const answer = await api.post(path, { role, body });
  expect(answer.status).toBe(201);
  return answer.body['position'] as string;
}

const money = (minor: string) => ({ currency: 'CNY', minor });
const fee = (minor: string) =>
  command(`${ACCOUNT}/fees`, 'billing-clerk', {
    ...{ item: 'fee', amount: money(minor), dueOn: '2026-02-05', effectiveOn: '2026-01-20' },
  });
const pay = (minor: string) =>
  command(`${ACCOUNT}/payments`, 'cashier', { amount: money(minor), effectiveOn: '2026-02-25', method: 'cash' });
const openCase = (kind: string) => command('/cases', 'service-agent', { kind, channel: 'phone', severity: 'normal' });

/** An event that another program might have stored. */
async function store(category: string, id: string, event: { type: string; data: object }): Promise<string> {
  const decider = { category, initialState: () => null, evolve: () => null, handles: new Set() } as unknown;
  const runner = new CommandRunner(api.options.eventStore, api.clock);
  const context = { commandId: randomUUID(), input: null, actor: { id: 'x', role: 'x' }, communityId: api.community };
  const times = { effectiveOn: '2026-03-20', occurredAt: api.clock.now() };
  const { position } = await runner.execute(decider as Decider<null, NewEvent>, id, context, () => [
    { ...event, ...times },
  ]);
  return position.toString();
}

beforeAll(async () => {
  api = await TestApi.open();
  await api.prepare();
});
afterAll(() => api.close());

describe('an answer', () => {
  it('is given at once, with where it is and how far behind', async () => {
    const position = await fee('25040');
    const fresh = await ask(and(QUERIES[0]!, `after=${position}`));
    expect(fresh.headers).toMatchObject({ 'x-behind-events': '0', 'x-behind-ms': '0' });
    expect(BigInt(fresh.headers['x-position']!)).toBeGreaterThanOrEqual(BigInt(position));
    expect(fresh.headers).not.toHaveProperty('x-stale-since');
    expect(fresh.body).not.toHaveProperty('staleSince');
    const account = await api.get(ACCOUNT, { role: 'auditor' });
    expect(account.headers).toMatchObject({ 'x-behind-events': '0', 'x-behind-ms': '0' });
  });

  it('waits only for what it reads', async () => {
    const position = await fee('1');
    // The ledger is set back; an answer from another read model need not wait for it.
    await ask(and(QUERIES[0]!, `after=${position}`));
    const checkpoints = api.options.readStore.collection<StoredDocument>('checkpoints');
    await checkpoints.updateOne({ _id: 'ledger.v1' }, { $set: { position: 1n } });
    const ledger = await ask(and(QUERIES[0]!, `after=${position}&waitMs=30`));
    expect(ledger.body).toMatchObject({ behind: true, position: '1' });
    expect(ledger.headers).toMatchObject({ 'x-behind': 'true', 'x-behind-events': '2' });
    api.clock.advance(5_000);
    const late = await ask(QUERIES[0]!);
    expect(Number(late.headers['x-behind-ms'])).toBeGreaterThanOrEqual(5_000);
    const audit = await ask(and('/audit-trail', `after=${position}&waitMs=0`));
    expect(audit.body).toMatchObject({ behind: false });
    expect(audit.headers).toMatchObject({ 'x-behind-events': '0' });
    await checkpoints.updateOne({ _id: 'ledger.v1' }, { $set: { position: BigInt(position) } });
  });

  it.each(['after', 'at'])('says of %s which positions there are', async (name) => {
    for (const wrong of ['-1', '1.5', '9223372036854775808', '']) {
      const { status, body } = await ask(and(QUERIES[0]!, `${name}=${wrong}`));
      const detail = `${name} is not a position: digits only, below 2^63`;
      expect({ status, body }).toMatchObject({ status: 400, body: { code: 'POSITION_INVALID', detail } });
    }
  });

  it('at an earlier position is what it was then, in every list and figure', async () => {
    const seen: { position: string; answers: Answer['body'][] }[] = [];
    const look = async (position: string): Promise<void> => {
      const answers: Answer['body'][] = [];
      for (const query of QUERIES) answers.push((await ask(and(query, `after=${position}`))).body);
      seen.push({ position, answers });
    };
    await look(await openCase('complaint'));
    await look(await pay('10000'));
    await look(await openCase('request'));
    await look(await command('/cases/complaint/2026%2F000001/accept', 'service-agent', { handler: 'li' }));
    await look(await command('/cases/complaint/2026%2F000001/resolve', 'service-agent', { text: 'done' }));
    await look(await fee('300'));
    const [ledgers, cases] = [new Set<string>(), new Set<string>()];
    for (const { position, answers } of seen) {
      for (const [index, query] of QUERIES.entries()) {
        const at = await ask(and(query, `at=${position}`));
        expect(at.status).toBe(200);
        expect(at.headers['x-position']).toBe(position);
        expect({ ...at.body, position: null }).toEqual({ ...answers[index], position: null });
      }
      ledgers.add(JSON.stringify(answers[0]!['lines']));
      cases.add(JSON.stringify(answers[5]!['cases']));
    }
    expect([ledgers.size, cases.size]).toEqual([3, 4]);
  });

  it('of an account or a case is folded up to there', async () => {
    const first = await fee('7');
    const balance = async (query = '') =>
      ((await api.get(`${ACCOUNT}${query}`, { role: 'auditor' })).body as { balance: string }).balance;
    const then = await balance();
    await fee('9');
    expect(BigInt(await balance())).toBe(BigInt(then) + 9n);
    expect(await balance(`?at=${first}`)).toBe(then);
    expect((await api.get(`${ACCOUNT}?at=1`, { role: 'auditor' })).body).toMatchObject({ code: 'ACCOUNT_NOT_FOUND' });
  });

  it('pages of an earlier position go on there', async () => {
    const list = async (at: string) => {
      const entries: unknown[] = [];
      for (let cursor: string | null = ''; cursor !== null;) {
        const page: Answer = await ask(`/audit-trail?limit=3&at=${at}${cursor && `&cursor=${cursor}`}`);
        entries.push(...(page.body['entries'] as unknown[]));
        cursor = page.body['nextCursor'] as string | null;
      }
      return entries;
    };
    const at = await fee('11');
    const before = await list(at);
    await fee('12');
    expect(await list(at)).toEqual(before);
    const page = await ask('/audit-trail?limit=3');
    const elsewhere = await ask(`/audit-trail?limit=3&at=${at}&cursor=${page.body['nextCursor']}`);
    expect(elsewhere.body).toMatchObject({ code: 'CURSOR_INVALID' });
  });

  it('is refused for positions that are not kept, not reached or none', async () => {
    expect((await ask(`${ACCOUNT}/ledger?at=9000000000000000000&waitMs=20`)).body).toMatchObject({
      status: 409,
      code: 'AT_NOT_REACHED',
    });
    expect((await ask(`${ACCOUNT}?at=9000000000000000000&waitMs=20`)).body).toMatchObject({ code: 'AT_NOT_REACHED' });
    expect((await ask('?at=1')).body).toMatchObject({ status: 400, code: 'AT_NOT_KEPT' });
    expect((await ask(`${ACCOUNT}/ledger?at=x`)).body).toMatchObject({ status: 400 });
  });

  it('from a build that was switched to is another list; one that was begun goes on where it began', async () => {
    const { readStore } = api.options;
    const first = await ask('/audit-trail?limit=2');
    const other = readStore.collection<StoredDocument>('audit-trail.v1.r2');
    const documents = await readStore.collection<StoredDocument>('audit-trail.v1').find({}).toArray();
    await other.insertMany(documents.map((document) => ({ ...document, type: 'FromTheOtherBuild' })));
    const checkpoint = (await readStore.findCheckpoint('audit-trail.v1'))!;
    await readStore
      .collection<StoredDocument>('checkpoints')
      .insertOne({ ...checkpoint, _id: 'audit-trail.v1.r2' } as unknown as StoredDocument);
    const build = (set: string, state: 'live' | 'retired') =>
      ({ version: 1, set, state, at: '', by: 'ann', reason: null }) as const;
    const live = { version: 1, set: 'r2' };
    const builds = [build('', 'retired'), build('r2', 'live')];
    await readStore.registry.create({ _id: 'audit-trail', live, previous: null, builds, fence: 0n });
    const types = (answer: Answer) => (answer.body['entries'] as { type: string }[]).map(({ type }) => type);
    expect(new Set(types(await ask('/audit-trail?limit=2')))).toEqual(new Set(['FromTheOtherBuild']));
    const second = await ask(`/audit-trail?limit=2&cursor=${first.body['nextCursor']}`);
    expect(types(second)).not.toContain('FromTheOtherBuild');
    await readStore.registry.change((await readStore.registry.find('audit-trail'))!, { builds: [builds[1]!] }, 0n);
    const dropped = await ask(`/audit-trail?limit=2&cursor=${first.body['nextCursor']}`);
    expect(dropped.body).toMatchObject({ code: 'CURSOR_INVALID' });
    await readStore.collection<StoredDocument>('read_models').deleteOne({ _id: 'audit-trail' });
  });
});

describe('what stands still', () => {
  it('is said in every answer that it takes part in, and in no other', async () => {
    const before = await openCase('request');
    const since = await store('account', 'B1/0101', { type: 'FeeAssessed', data: { item: 'broken' } });
    await command('/accounts', 'billing-clerk', { accountId: 'B1/0102', effectiveOn: '2026-01-01' });
    const later = await openCase('request');
    const ledger = await ask(and(QUERIES[0]!, `after=${later}`));
    expect(ledger.body).toMatchObject({ staleSince: since, behind: false });
    expect(ledger.headers).toMatchObject({ 'x-stale-since': since });
    expect((await ask('/arrears')).body).toMatchObject({ staleSince: since });
    expect((await ask(and(QUERIES[0]!, `at=${before}`))).body).not.toHaveProperty('staleSince');
    expect((await ask('/accounts/B1%2F0102/ledger')).body).not.toHaveProperty('staleSince');
    expect((await ask('/audit-trail')).body).not.toHaveProperty('staleSince');
    const parked: string[] = [];
    for await (const { model, scope } of api.options.readStore.parked.listHeads()) parked.push(`${model} ${scope}`);
    expect(parked).toEqual(expect.arrayContaining([`${ledgerProjection.name} stream`]));
  });

  it('is said of the case in the queue', async () => {
    const { readStore } = api.options;
    const queue = await readStore.liveCollection<StoredDocument>(caseQueueProjection);
    const [someCase] = await queue.find({ communityId: api.community }).limit(1).toArray();
    const parked = { since: 77n, entry: 'case-queue.v1@77/0', cause: 'Error: no' };
    await queue.updateOne({ _id: someCase!._id }, { $set: { parked } });
    const cases = (await ask('/cases?limit=1000')).body['cases'] as { caseId: string; staleSince?: string }[];
    expect(cases.filter(({ staleSince }) => staleSince === '77')).toHaveLength(1);
  });
});
