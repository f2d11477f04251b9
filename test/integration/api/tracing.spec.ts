import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Drain } from '#libs/projection-engine';
import { openTracing, parseTraceparent, type Tracing } from '#libs/telemetry';
import { projections } from '#projections';
import { traceBatch } from '../../../apps/projector/src/trace-batch.js';
import { TestApi } from '../../support/api.js';

interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly attributes: readonly { readonly key: string; readonly value: Record<string, unknown> }[];
}

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT = '00f067aa0ba902b7';

/** A collector of OTLP/HTTP in JSON. */
class Collector {
  readonly spans: Span[] = [];
  readonly services = new Set<unknown>();
  private server: Server | undefined;

  async start(): Promise<string> {
    this.server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => void chunks.push(chunk));
      request.on('end', () => {
        if (request.url === '/v1/traces') this.take(JSON.parse(Buffer.concat(chunks).toString()) as Export);
        response.writeHead(200, { 'Content-Type': 'application/json' }).end('{}');
      });
    }).listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.server?.closeAllConnections();
    await new Promise((resolve) => this.server?.close(resolve));
  }

  private take({ resourceSpans }: Export): void {
    for (const { resource, scopeSpans } of resourceSpans) {
      this.services.add(resource.attributes.find(({ key }) => key === 'service.name')?.value['stringValue']);
      for (const { spans } of scopeSpans) this.spans.push(...spans);
    }
  }
}

interface Export {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: Span['attributes'] };
    readonly scopeSpans: readonly { readonly spans: readonly Span[] }[];
  }[];
}

describe('tracing', () => {
  const collector = new Collector();
  let tracing: Tracing;
  let api: TestApi;
  beforeAll(async () => {
    const endpoint = await collector.start();
    // The exporter reads its settings from the environment of the process.
    process.env['OTEL_EXPORTER_OTLP_ENDPOINT'] = endpoint;
    tracing = (await openTracing(process.env, 'estate-test'))!;
    api = await TestApi.open(undefined, { tracing });
  });
  afterAll(async () => {
    delete process.env['OTEL_EXPORTER_OTLP_ENDPOINT'];
    await api?.close();
    await collector.close();
  });

  it('is off unless it is configured', async () => {
    expect(await openTracing({}, 'x')).toBeUndefined();
    expect(
      await openTracing({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1', OTEL_SDK_DISABLED: 'true' }, 'x'),
    ).toBeUndefined();
  });

  it.each([
    '',
    '00-0-0-00',
    `00-${'0'.repeat(32)}-${PARENT}-01`,
    `00-${TRACE}-${'0'.repeat(16)}-01`,
    `ff-${TRACE}-${PARENT}-01`,
  ])('begins a trace of its own where the parent is none: %s', (text) =>
    expect(parseTraceparent(text)).toBeUndefined(),
  );

  it('shows one trace from the HTTP command through the event to what each projection has written', async () => {
    await api.prepare();
    const body = {
      item: 'fee',
      amount: { currency: 'CNY', minor: '25040' },
      dueOn: '2026-04-05',
      effectiveOn: '2026-03-20',
    };
    const headers = { traceparent: `00-${TRACE}-${PARENT}-01` };
    const answer = await api.post('/accounts/B1%2F0101/fees', { role: 'billing-clerk', body, headers });
    expect(answer.text).toContain('FeeAssessed');
    const stored = (await api.events()).find(({ type }) => type === 'FeeAssessed')!;
    const { eventStore: source, readStore: stores } = api.options;
    const drain = new Drain({
      ...{ source, stores, projections, set: 'traced' },
      onBatch: (report) => traceBatch(tracing, report),
    });
    await drain.catchUp(stored.position);
    await tracing.close();
    const spans = collector.spans.filter(({ traceId }) => traceId === TRACE);
    const request = spans.find(({ parentSpanId }) => parentSpanId === PARENT)!;
    expect(request).toMatchObject({ name: 'POST', kind: 2 });
    expect(request.attributes).toContainEqual({ key: 'http.response.status_code', value: { intValue: 201 } });
    expect(stored.metadata.traceparent).toBe(`00-${TRACE}-${request.spanId}-01`);
    const folded = spans.filter(({ parentSpanId }) => parentSpanId === request.spanId);
    expect(folded.map(({ name, kind }) => `${kind} ${name}`).sort()).toEqual(
      projections
        .filter(({ eventTypes }) => eventTypes === 'all' || eventTypes.includes('FeeAssessed'))
        .map(({ name }) => `5 project ${name}`)
        .sort(),
    );
    expect(folded[0]!.attributes).toContainEqual({
      key: 'estate.position',
      value: { stringValue: `${stored.position}` },
    });
    expect([...collector.services]).toEqual(['estate-test']);
  });
});
