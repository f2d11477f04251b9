import { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, type Context, type Span } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { parseTraceparent, type SpanOptions, type StartedSpan, type Tracing } from './spans.js';

const KINDS = { server: SpanKind.SERVER, consumer: SpanKind.CONSUMER } as const;

/** Sends spans in batches; the exporter takes endpoint, headers and time limit from the environment. */
export class OtlpTracing implements Tracing {
  private readonly provider: TracerProvider;

  constructor(service: string) {
    this.provider = new TracerProvider({
      resource: resourceFromAttributes({ 'service.name': service }),
      spanProcessors: [new BatchSpanProcessor({ exporter: new OTLPTraceExporter() })],
    });
  }

  start(name: string, options: SpanOptions): StartedSpan {
    const span = this.begin(name, options);
    const { traceId, spanId, traceFlags } = span.spanContext();
    return {
      traceparent: `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`,
      end: (attributes, failed) => {
        span.setAttributes(attributes);
        if (failed) span.setStatus({ code: SpanStatusCode.ERROR });
        span.end();
      },
    };
  }

  record(name: string, options: SpanOptions & { readonly startedAtMs: number; readonly endedAtMs: number }): void {
    this.begin(name, options, options.startedAtMs).end(options.endedAtMs);
  }

  async close(): Promise<void> {
    await this.provider.shutdown();
  }

  private begin(name: string, { parent, kind, attributes }: SpanOptions, startTime?: number): Span {
    const options = {
      kind: KINDS[kind],
      attributes: { ...attributes },
      ...(startTime === undefined ? {} : { startTime }),
    };
    return this.provider.getTracer('estate-ledger').startSpan(name, options, contextOf(parent));
  }
}

function contextOf(parent: string | undefined): Context {
  const parsed = parseTraceparent(parent);
  return parsed ? trace.setSpanContext(ROOT_CONTEXT, { ...parsed, isRemote: true }) : ROOT_CONTEXT;
}
