import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import type { Lag } from '#libs/projection-engine';
import { projections, type BrokenIdentity } from '#projections';
import {
  readModelStatus,
  lagOf,
  brokenIdentities,
  type ReadModelStatus,
} from '../../../projector/src/read-model-status.js';
import { API_OPTIONS, type ApiOptions } from '../api-options.js';

export interface Readiness {
  readonly ready: boolean;
  /** 'degraded': it serves, but an identity of the books or the cases does not hold. */
  readonly status: 'ready' | 'degraded' | 'unavailable';
  readonly eventStore: 'up' | 'down';
  readonly readStore: 'up' | 'down';
  readonly projections: readonly Omit<Lag, 'position'>[];
  /** Identities that are broken, each with the first violating position. Where it is, only `estate verify` and the projector's log tell. */
  readonly violations: readonly Omit<BrokenIdentity, 'where'>[];
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
    const [events, documents, lag, broken] = await Promise.all([
      answers(eventStore.headPosition()),
      answers(readStore.liveCheckpoints(projections)),
      within(this.lag()).catch(() => []),
      within(brokenIdentities(this.options)).catch(() => []),
    ]);
    const stuck = lag.some(({ state }) => state === 'stalled');
    const ready = events && documents && lag.length > 0 && !stuck && !this.ending;
    return {
      ready,
      status: !ready ? 'unavailable' : broken.length > 0 ? 'degraded' : 'ready',
      eventStore: events ? 'up' : 'down',
      readStore: documents ? 'up' : 'down',
      projections: lag.map(({ position: _, ...rest }) => rest),
      // Anybody may ask: no account is named here.
      violations: broken.map(({ where: _, ...rest }) => rest),
    };
  }

  /** For the figures; rejects when the stores do not answer. */
  status(): Promise<ReadModelStatus> {
    return within(readModelStatus(this.options, this.options.clock));
  }

  private lag(): Promise<Lag[]> {
    return lagOf(this.options, this.options.clock);
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
