import { Injectable } from '@nestjs/common';
import type { Lag } from '#libs/projection-engine';

const BOUNDS_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];

interface Histogram {
  readonly buckets: number[];
  sum: number;
  count: number;
}

/** What happened, in Prometheus' text format. Labels are names of this program's own: no id, no address, nothing of a person. */
@Injectable()
export class Metrics {
  readonly #requests = new Map<string, number>();
  readonly #durations = new Map<string, Histogram>();
  readonly #problems = new Map<string, number>();

  /** @param route the pattern of the address */
  count(method: string, route: string, status: number, seconds: number): void {
    increase(this.#requests, `method="${method}",route="${route}",status="${status}"`);
    const key = `method="${method}",route="${route}"`;
    const histogram = this.#durations.get(key) ?? { buckets: BOUNDS_SECONDS.map(() => 0), sum: 0, count: 0 };
    this.#durations.set(key, histogram);
    for (const [index, bound] of BOUNDS_SECONDS.entries()) if (seconds <= bound) histogram.buckets[index]! += 1;
    histogram.sum += seconds;
    histogram.count += 1;
  }

  countProblem(code: string): void {
    increase(this.#problems, `code="${code}"`);
  }

  text(lag: readonly Lag[]): string {
    const { rss, heapUsed } = process.memoryUsage();
    return [
      ...family('http_requests_total', 'counter', 'Requests answered.', this.#requests),
      ...this.#durationLines(),
      ...family('http_problems_total', 'counter', 'Problem documents by code.', this.#problems),
      ...family(
        'projection_lag_events',
        'gauge',
        'Events not folded yet.',
        lagBy(lag, ({ events }) => events),
      ),
      ...family(
        'projection_lag_seconds',
        'gauge',
        'Age of the oldest of them.',
        lagBy(lag, ({ ms }) => ms / 1000),
      ),
      ...family('process_resident_memory_bytes', 'gauge', 'Resident memory.', new Map([['', rss]])),
      ...family('nodejs_heap_used_bytes', 'gauge', 'Heap in use.', new Map([['', heapUsed]])),
      ...family('process_cpu_seconds_total', 'counter', 'Time on processors.', new Map([['', cpuSeconds()]])),
      '',
    ].join('\n');
  }

  #durationLines(): string[] {
    const name = 'http_request_duration_seconds';
    const lines = [`# HELP ${name} Time to answer.`, `# TYPE ${name} histogram`];
    for (const [labels, { buckets, sum, count }] of this.#durations) {
      for (const [index, bound] of BOUNDS_SECONDS.entries()) {
        lines.push(`${name}_bucket{${labels},le="${bound}"} ${buckets[index]}`);
      }
      lines.push(`${name}_bucket{${labels},le="+Inf"} ${count}`);
      lines.push(`${name}_sum{${labels}} ${sum}`, `${name}_count{${labels}} ${count}`);
    }
    return lines;
  }
}

function increase(counts: Map<string, number>, labels: string): void {
  counts.set(labels, (counts.get(labels) ?? 0) + 1);
}

function lagBy(lag: readonly Lag[], figure: (lag: Lag) => number): Map<string, number> {
  return new Map(lag.map((one) => [`projection="${one.name}"`, figure(one)]));
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

function family(name: string, type: string, help: string, values: ReadonlyMap<string, number>): string[] {
  const lines = [...values].map(([labels, value]) => `${name}${labels === '' ? '' : `{${labels}}`} ${value}`);
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...lines];
}
