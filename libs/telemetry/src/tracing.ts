import type { Tracing } from './spans.js';

const ENDPOINTS = ['OTEL_EXPORTER_OTLP_ENDPOINT', 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'];

/**
 * Spans by OpenTelemetry over OTLP/HTTP, configured by its own environment variables; undefined, and nothing of it is loaded, unless an
 * endpoint is set (and OTEL_SDK_DISABLED is not `true`).
 * @param service its name, unless OTEL_SERVICE_NAME says another
 */
export async function openTracing(
  env: Readonly<Record<string, string | undefined>>,
  service: string,
): Promise<Tracing | undefined> {
  if (env['OTEL_SDK_DISABLED'] === 'true' || !ENDPOINTS.some((name) => env[name])) return undefined;
  const { OtlpTracing } = await import('./otlp-tracing.js');
  return new OtlpTracing(env['OTEL_SERVICE_NAME'] || service);
}
