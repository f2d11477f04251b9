import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Drain } from '#libs/projection-engine';
import { waitForPosition } from '#libs/read-store';
import { projections } from '#projections';
import { EngineMetrics } from '../../../apps/projector/src/engine-metrics.js';
import { serveProbes, type Probes } from '../../../apps/projector/src/serve-probes.js';
import { TestApi } from '../../support/api.js';
import { FactLog, type Fact } from '../../support/stored-log.js';

const money = (minor: string) => ({ currency: 'CNY', minor });
const on = { effectiveOn: '2026-01-10', occurredAt: '2026-01-10T00:00:00.000Z' };

describe('running checks', () => {
  let api: TestApi;
  let probes: Probes;
  let log: FactLog;
  const metrics = new EngineMetrics();

  beforeAll(async () => {
    api = await TestApi.open();
    log = new FactLog(api.options.eventStore);
    probes = (await serveProbes(api.options as never, { METRICS_PORT: '0' }, () => metrics.lines()))!;
  });
  afterAll(async () => {
    await probes?.close();
    await api?.close();
  });

  const probe = async (path: string) => {
    const response = await fetch(`http://127.0.0.1:${probes.port}${path}`);
    return { status: response.status, text: await response.text() };
  };
  const ready = async () => (await api.get('//health/ready', { token: null })) as { status: number; body: object };

  async function folded(...facts: Omit<Fact, 'stream'>[]): Promise<bigint> {
    const stream = `account-${api.community}.B1/0101`;
    const position = await log.append(facts.map((fact) => ({ ...fact, ...on, stream })));
    const { reached } = await waitForPosition(api.options.readStore, projections, position, { limitMs: 60_000 });
    expect(reached).toBe(true);
    return position;
  }

  it('are ready while all identities hold', async () => {
    const data = {
      paymentId: '1',
      amount: money('50'),
      method: 'cash',
      reference: '',
      receiptNumber: null,
      designatedItemIds: [],
    };
    await folded({ type: 'PaymentReceived', data });
    expect(await ready()).toMatchObject({ status: 200, body: { ready: true, status: 'ready', violations: [] } });
  });

  it('a broken one names the first violating position, raises a metric and turns readiness to degraded', async () => {
    const fee = {
      itemId: '2',
      item: 'fee',
      amount: money('100'),
      dueOn: '2026-02-05',
      reference: '',
      tariff: null,
      period: null,
    };
    const items = [{ itemId: '2', kind: 'principal', dueOn: '2026-02-05', amount: money('80') }];
    const allocation = { paymentId: '1', policy: { name: 'principal-first-oldest-due', version: 1 }, items };
    await folded({ type: 'FeeAssessed', data: fee });
    const broken = await folded({ type: 'PaymentAllocated', data: allocation });
    await folded({ type: 'FeeAssessed', data: { ...fee, itemId: '3' } });
    const violation = { identity: 'allocations of a payment <= the payment', count: 1, firstPosition: `${broken}` };
    expect(await ready()).toMatchObject({
      status: 200,
      body: { ready: true, status: 'degraded', violations: [violation] },
    });
    expect(JSON.stringify((await ready()).body)).not.toContain('B1/0101');
    const { text } = await api.get('//metrics', { token: null });
    expect(text).toContain(`identity_violations{identity="${violation.identity}"} 1`);
    expect(text).toContain(`identity_first_violation_position{identity="${violation.identity}"} ${broken}`);
  });

  it('a read model that has folded other events than the rest is found', async () => {
    const checkpoints = api.options.readStore.collection('checkpoints');
    const before = (await checkpoints.findOne({ _id: 'ledger.v1' }))!;
    await checkpoints.updateOne({ _id: 'ledger.v1' }, { $set: { 'counts.PaymentReceived': 7n } });
    expect((await ready()).body).toMatchObject({
      status: 'degraded',
      violations: [
        {},
        { identity: 'count and sum per event type: store = projections', firstPosition: `${before.position}` },
      ],
    });
    await checkpoints.updateOne({ _id: 'ledger.v1' }, { $set: { 'counts.PaymentReceived': 1n } });
  });

  it('a projector alone answers probes, and shows what it does', async () => {
    const source = api.options.eventStore;
    const drain = new Drain({
      ...{ source, stores: api.options.readStore, projections, set: 'metrics' },
      onBatch: (report) => metrics.batch(report),
    });
    await drain.catchUp(await source.headPosition());
    expect(JSON.parse((await probe('/health/live')).text)).toEqual({ status: 'live' });
    expect(await probe('/health/ready')).toMatchObject({ status: 200, text: expect.stringContaining('"degraded"') });
    const { text } = await probe('/metrics');
    for (const line of [
      /^projection_batch_events_bucket\{projection="ledger",le="5"\} 1$/m,
      /^projection_batch_events_sum\{projection="ledger"\} 3$/m,
      /^projection_load_seconds_count\{projection="conservation"\} 1$/m,
      /^projection_fold_seconds_sum\{projection="conservation"\} 0\.\d+$/m,
      /^projection_write_seconds_bucket\{projection="audit-trail",le="\+Inf"\} 1$/m,
      /^projection_lag_events\{projection="ledger"\} 0$/m,
      /^projection_state\{projection="ledger",state="current"\} 1$/m,
      /^projection_state\{projection="ledger",state="stalled"\} 0$/m,
      /^projection_parked\{projection="ledger"\} 0$/m,
      /^projection_lease_held 0$/m,
    ]) {
      expect(text).toMatch(line);
    }
    expect((await probe('/other')).status).toBe(404);
  });

  it('counts events of types that this program does not know', async () => {
    await folded({ type: 'MeterRead', data: {} });
    expect((await api.get('//metrics', { token: null })).text).toContain('log_unknown_events{type="MeterRead"} 1');
  });
});
