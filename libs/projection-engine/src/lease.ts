import { setTimeout as sleep } from 'node:timers/promises';
import type { LeaseDocument, Leases } from '#libs/read-store';

export interface LeaseOptions {
  readonly leases: Pick<Leases, 'find' | 'take' | 'beat' | 'release'>;
  /** The work: one process at a time does it. */
  readonly group: string;
  /** Names this process, for people. */
  readonly holder: string;
  /** The holder before is known to be gone, as where a data folder has one owner: its lease is not waited for. */
  readonly exclusive?: boolean;
  readonly timing?: LeaseTiming;
  readonly now: () => string;
}

/** In milliseconds. A killed holder is replaced after at most `expiryMs + lookMs`. */
export interface LeaseTiming {
  /** A holder shows life so often. */
  readonly beatMs: number;
  /** Others look so often. */
  readonly lookMs: number;
  /** A holder that has shown no life for so long, as seen by another's own clock, is replaced. It gives up by itself before. */
  readonly expiryMs: number;
}

export const LEASE_TIMING: LeaseTiming = { beatMs: 500, lookMs: 250, expiryMs: 3_000 };

/** A holder that cannot show life gives up at this share of the time after which others may replace it. */
const GIVE_UP_SHARE = 0.8;

/** Waits for a lease and takes it; keeps what it has seen between the looks. */
export class LeaseContender {
  private seen: LeaseDocument | undefined;
  private seenAtMs = 0;

  constructor(private readonly options: LeaseOptions) {}

  /** One look: the lease, if it could be had. Takes what is free at once, and what nobody has kept alive for long enough. */
  async look(): Promise<HeldLease | undefined> {
    const { leases, group, holder, exclusive = false, now, timing = LEASE_TIMING } = this.options;
    const current = await leases.find(group);
    const nowMs = performance.now();
    if (!this.seen || current?.fence !== this.seen.fence || current.beat !== this.seen.beat) {
      this.seen = current;
      this.seenAtMs = nowMs;
    }
    const isFree = !current || current.holder === null || exclusive;
    if (!isFree && nowMs - this.seenAtMs < timing.expiryMs) return undefined;
    const taken = await leases.take(group, current, { holder, takenAt: now() });
    return taken && new HeldLease(taken, leases, timing, nowMs);
  }

  /** Looks until the lease is had; undefined when the signal aborts. A store that is away is looked at again. */
  async acquire(signal: AbortSignal, onError?: (error: unknown) => void): Promise<HeldLease | undefined> {
    const { lookMs } = this.options.timing ?? LEASE_TIMING;
    while (!signal.aborted) {
      try {
        const held = await this.look();
        if (held) return held;
      } catch (error) {
        onError?.(error);
      }
      await sleep(lookMs, undefined, { signal }).catch(() => undefined);
    }
    return undefined;
  }
}

/** A lease that this process holds, and keeps by showing life. */
export class HeldLease {
  private readonly loss = new AbortController();
  private readonly stop = new AbortController();
  private readonly beating: Promise<void>;

  /** @param since when it was surely this process's, by `performance.now()` */
  constructor(
    private readonly document: LeaseDocument,
    private readonly leases: Pick<Leases, 'beat' | 'release'>,
    private readonly timing: LeaseTiming,
    since: number,
  ) {
    this.beating = this.keep(since);
  }

  /** Token of this holding, for the guards of what is written under it. */
  get fence(): bigint {
    return this.document.fence;
  }

  /** Aborts when the lease is another's, or may be. */
  get lost(): AbortSignal {
    return this.loss.signal;
  }

  /** Stops showing life and gives the lease back. */
  async release(): Promise<void> {
    this.stop.abort();
    await this.beating;
    if (!this.loss.signal.aborted) await this.leases.release(this.document);
  }

  private async keep(since: number): Promise<void> {
    const { beatMs, expiryMs } = this.timing;
    let aliveAtMs = since;
    while (!this.stop.signal.aborted) {
      await sleep(beatMs, undefined, { signal: this.stop.signal }).catch(() => undefined);
      if (this.stop.signal.aborted) return;
      const startedAtMs = performance.now();
      const leftMs = aliveAtMs + expiryMs * GIVE_UP_SHARE - startedAtMs;
      // After a pause of the whole process it is too late already; the server says whether anybody has noticed.
      const answer = await within(this.leases.beat(this.document), Math.max(leftMs, beatMs));
      if (answer === true) aliveAtMs = startedAtMs;
      if (answer === false || (answer === undefined && performance.now() - aliveAtMs >= expiryMs * GIVE_UP_SHARE)) {
        this.loss.abort();
        return;
      }
    }
  }
}

/** The answer; undefined when it fails or does not come in time. */
async function within(answer: Promise<boolean>, limitMs: number): Promise<boolean | undefined> {
  const late = new AbortController();
  const timer = sleep(limitMs, undefined, { signal: late.signal }).catch(() => undefined);
  try {
    return await Promise.race([answer.catch(() => undefined), timer]);
  } finally {
    late.abort();
  }
}
