import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Role } from '#libs/access';
import { verifyChain, type StoredEvent } from '#libs/event-store';
import { parseStreamName } from '#libs/kernel';
import { verifyProjections } from '#libs/projection-engine';
import { checkIdentities, projections } from '#projections';
import { PROBLEMS } from '../../apps/api/src/index.js';
import { TestApi, type Answer } from '../support/api.js';
import { requestsOf, type FuzzRequest, type OpenApi } from '../support/openapi-requests.js';

/** `npm run fuzz -- api --minutes 5 --seed N` sets these for a long run, or to see one again. */
const SECONDS = Number(process.env['FUZZ_SECONDS'] ?? '10');
const SEED = Number(process.env['FUZZ_SEED'] ?? String(Date.now() % 2 ** 31));

let api: TestApi;
let document: OpenApi;
const answered = new Map<string, number>();

beforeAll(async () => {
  api = await TestApi.open('2026-03-20T04:00:00.000Z');
  await api.prepare();
  await seed();
  document = (await api.get('//openapi.json', { token: null })).body as unknown as OpenApi;
});
afterAll(() => api.close());

/** So that there is something to meet: units, parties, accounts with open fees, cases. */
async function seed(): Promise<void> {
  const fee = {
    ...{ item: 'fee', amount: { currency: 'CNY', minor: '5000' }, dueOn: '2026-01-31', effectiveOn: '2026-01-01' },
    tariff: { tariffId: 'T1', version: 1 },
  };
  const requests: [Role, string, object][] = [
    ['billing-clerk', '/accounts', { accountId: 'B1/0102', effectiveOn: '2026-01-01' }],
    ['billing-clerk', '/units', { unitId: 'B1/0101', use: 'residential', areaCentiM2: 9000 }],
    ['billing-clerk', '/parties', { partyId: 'P-1', kind: 'person', details: { name: '王小明' } }],
  ];
  for (let n = 0; n < 6; n += 1) {
    requests.push(['billing-clerk', `/accounts/${n % 2 ? 'B1%2F0101' : 'B1%2F0102'}/fees`, fee]);
    const kind = n % 2 ? 'complaint' : 'dispute';
    requests.push([
      'service-agent',
      '/cases',
      { kind, channel: 'phone', severity: 'normal', openedAt: '2026-03-01T09:00:00Z' },
    ]);
  }
  for (const [role, path, body] of requests) expect((await api.post(path, { role, body })).status).toBe(201);
}

async function eventsAfter(position: bigint): Promise<StoredEvent[]> {
  const events: StoredEvent[] = [];
  for await (const page of api.options.eventStore.readAll({ after: position })) events.push(...page);
  return events;
}

/** What a refused request may leave behind: a number that is void, and the note that it was refused. */
function traces(events: readonly StoredEvent[]): StoredEvent[] {
  return events.filter(({ stream }) => !['numbering', 'security'].includes(parseStreamName(stream)?.category ?? ''));
}

function send({ method, path, role, headers, body }: FuzzRequest): Promise<Answer> {
  return api.send(method, path, { role, headers, accounts: ['B1/0101'], ...(body === undefined ? {} : { body }) });
}

async function check(request: FuzzRequest): Promise<void> {
  const before = await api.options.eventStore.headPosition();
  const answer = await send(request);
  const said = `${JSON.stringify(request)} → ${answer.status} ${answer.text.slice(0, 300)}`;
  const outcome = answer.status < 300 ? String(answer.status) : String(answer.body['code']);
  answered.set(outcome, (answered.get(outcome) ?? 0) + 1);
  if (answer.status >= 500)
    throw new Error(`${said} ${JSON.stringify(api.log.filter(({ level }) => level === 'error').at(-1))}`);
  const left = traces(await eventsAfter(before));
  if (answer.status >= 400) {
    const known = PROBLEMS.get(String(answer.body['code']));
    if (known?.status !== answer.status) throw new Error(`not a problem document: ${said}`);
    if (left.length > 0) throw new Error(`refused, and stored ${left.map(({ type }) => type).join()}: ${said}`);
    return;
  }
  const replayed = answer.headers['idempotency-replayed'] === 'true';
  const expected = request.method === 'GET' || replayed ? 0 : (answer.body['events'] as unknown[]).length;
  if (left.length !== expected) throw new Error(`stored ${left.length} events, and said ${expected}: ${said}`);
}

describe('requests made from the OpenAPI document', () => {
  it(
    'never end in a 5xx, and a refused one stores nothing',
    async () => {
      const property = fc.asyncProperty(requestsOf(document), check);
      const interrupted = { interruptAfterTimeLimit: SECONDS * 1000, markInterruptAsFailure: false };
      await fc.assert(property, { numRuns: 1_000_000, seed: SEED, endOnFailure: true, ...interrupted });
      const total = [...answered.values()].reduce((a, b) => a + b, 0);
      if (process.env['FUZZ_SECONDS'])
        process.stderr.write(`${total} requests: ${JSON.stringify([...answered].sort((a, b) => b[1] - a[1]))}\n`);
      expect(answered.get('201') ?? 0).toBeGreaterThan(total / 50);
    },
    SECONDS * 1000 + 60_000,
  );

  it('leave everything whole: numbers, chains, read models, identities', async () => {
    const events = await api.events();
    const ofNumbers = events.filter(({ stream }) => parseStreamName(stream)?.category === 'numbering');
    const others = new Set(
      events.filter((event) => !ofNumbers.includes(event)).map(({ metadata }) => metadata.commandId),
    );
    const idsOf = (type: string) =>
      ofNumbers
        .filter((event) => event.type === type)
        .map(({ data }) => (data as { forCommandId: string }).forCommandId);
    const voided = new Set(idsOf('NumberVoided'));
    expect(idsOf('NumberDrawn').filter((id) => !others.has(id) && !voided.has(id))).toEqual([]);
    const { eventStore: source, readStore: store } = api.options;
    const chains = await verifyChain(source.readAll({}));
    expect(chains.broken).toEqual([]);
    const last = events.at(-1)!.position;
    const fresh = await api.get(`/audit-trail?limit=1&after=${last}&waitMs=10000`, { role: 'auditor' });
    expect(fresh.body['behind']).toBe(false);
    for (const path of ['/arrears', '/service-figures?from=2026-01-01&to=2026-03-31', '/cases?limit=1']) {
      const answer = await api.get(`${path}${path.includes('?') ? '&' : '?'}after=${last}&waitMs=10000`, {
        role: path.startsWith('/cases') ? 'case-manager' : 'auditor',
      });
      expect(answer.body['behind']).toBe(false);
    }
    const verified = await verifyProjections(last, { store, source, projections });
    expect(verified.map(({ name, differences }) => [name, differences])).toEqual(
      projections.map(({ name }) => [name, []]),
    );
    const identities = await checkIdentities({ source, store, projections });
    expect(identities.filter(({ holds }) => !holds)).toEqual([]);
  }, 120_000);
});
