/** Who is asked for spans: `openTracing` makes one that sends them, and without a configuration there is none. */
export interface Tracing {
  /** Begins a span under a parent of another program or process, or a trace of its own. */
  start(name: string, options: SpanOptions): StartedSpan;
  /** A span that has been, in milliseconds since 1970. */
  record(name: string, options: SpanOptions & { readonly startedAtMs: number; readonly endedAtMs: number }): void;
  /** Sends what was not sent yet, and no more. A collector that is away is not waited for longer than its time limit. */
  close(): Promise<void>;
}

export interface SpanOptions {
  /** W3C trace context of the parent; one that is none begins a trace of its own. */
  readonly parent: string | undefined;
  readonly kind: 'server' | 'consumer';
  readonly attributes: Readonly<Record<string, string | number>>;
}

export interface StartedSpan {
  /** W3C trace context of the span, for what it causes. */
  readonly traceparent: string;
  end(attributes: Readonly<Record<string, string | number>>, failed: boolean): void;
}

const TRACEPARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;

/** The parts of a trace context; undefined when it is none. */
export function parseTraceparent(
  text: string | undefined,
): { readonly traceId: string; readonly spanId: string; readonly traceFlags: number } | undefined {
  const [, traceId, spanId, flags] = TRACEPARENT.exec(text ?? '') ?? [];
  if (!traceId || !spanId || !flags || /^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined;
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16) };
}
