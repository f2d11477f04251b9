import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import { measureLag, type Lag } from '#libs/projection-engine';
import { projections } from '#projections';
import { API_OPTIONS, type ApiOptions } from '../api-options.js';

export interface Readiness {
  readonly ready: boolean;
  readonly eventStore: 'up' | 'down';
  readonly readStore: 'up' | 'down';
  readonly projections: readonly Omit<Lag, 'position'>[];
}

const PATIENCE_MS = 3_000;

/** Whether this process can serve: its stores answer, and its read models are not stuck. */
@Injectable()
export class ReadinessCheck {
  /** Set at shutdown, so that no new requests are sent here. */
  ending = false;

  constructor(@Inject(API_OPTIONS) private readonly options: ApiOptions) {}

  async check(): Promise<Readiness> {
    const { eventStore, readStore } = this.options;
    const [events, documents, lag] = await Promise.all([
      answers(eventStore.headPosition()),
      answers(readStore.liveCheckpoints(projections)),
      within(this.lag()).catch(() => []),
    ]);
    const stuck = lag.some(({ state }) => state === 'stalled');
    return {
      ready: events && documents && lag.length > 0 && !stuck && !this.ending,
      eventStore: events ? 'up' : 'down',
      readStore: documents ? 'up' : 'down',
      projections: lag.map(({ position: _, ...rest }) => rest),
    };
  }

  lag(): Promise<Lag[]> {
    const { eventStore: source, readStore: store, clock } = this.options;
    return measureLag({ source, store, projections, clock });
  }
}

function answers(question: Promise<unknown>): Promise<boolean> {
  return within(question).then(
    () => true,
    () => false,
  );
}

async function within<T>(question: Promise<T>): Promise<T> {
  const late = new AbortController();
  const timer = sleep(PATIENCE_MS, undefined, { signal: late.signal }).then(() => {
    throw new Error('no answer in time');
  });
  try {
    return await Promise.race([question, timer]);
  } finally {
    late.abort();
    timer.catch(() => undefined);
  }
}
