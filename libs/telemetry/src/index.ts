export { family, Histogram, processLines } from './prometheus.js';
export { parseTraceparent, type SpanOptions, type StartedSpan, type Tracing } from './spans.js';
export { openTracing } from './tracing.js';
