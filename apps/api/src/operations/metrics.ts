import { Injectable } from '@nestjs/common';
import { family, Histogram, processLines } from '#libs/telemetry';
import type { ReadModelStatus } from '../../../projector/src/read-model-status.js';
import { statusLines } from '../../../projector/src/status-lines.js';

const BOUNDS_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];

/** What happened, in Prometheus' text format. Labels are names of this program's own: no id, no address, nothing of a person. */
@Injectable()
export class Metrics {
  readonly #requests = new Map<string, number>();
  readonly #durations = new Histogram('http_request_duration_seconds', 'Time to answer.', BOUNDS_SECONDS);
  readonly #problems = new Map<string, number>();

  /** @param route the pattern of the address */
  count(method: string, route: string, status: number, seconds: number): void {
    increase(this.#requests, `method="${method}",route="${route}",status="${status}"`);
    this.#durations.observe(`method="${method}",route="${route}"`, seconds);
  }

  countProblem(code: string): void {
    increase(this.#problems, `code="${code}"`);
  }

  /** @param others figures of what else runs in this process */
  text(status: ReadModelStatus | undefined, others: readonly string[]): string {
    return [
      ...family('http_requests_total', 'counter', 'Requests answered.', this.#requests),
      ...this.#durations.lines(),
      ...family('http_problems_total', 'counter', 'Problem documents by code.', this.#problems),
      ...statusLines(status),
      ...others,
      ...processLines(),
      '',
    ].join('\n');
  }
}

function increase(counts: Map<string, number>, labels: string): void {
  counts.set(labels, (counts.get(labels) ?? 0) + 1);
}
