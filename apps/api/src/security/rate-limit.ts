interface Bucket {
  tokens: number;
  at: number;
}

const MOST_KEYS = 10_000;

/** Requests per key: so many per second on average, twice as many at once. */
export class RateLimit {
  readonly #buckets = new Map<string, Bucket>();

  /** @param perSecond 0: no limit */
  constructor(
    private readonly perSecond: number,
    private readonly nowMs: () => number = () => performance.now(),
  ) {}

  /** False: not now. */
  take(key: string): boolean {
    if (this.perSecond === 0) return true;
    const now = this.nowMs();
    const most = 2 * this.perSecond;
    const bucket = this.#buckets.get(key) ?? { tokens: most, at: now };
    bucket.tokens = Math.min(most, bucket.tokens + ((now - bucket.at) / 1000) * this.perSecond);
    bucket.at = now;
    // Most recently used last; a key that is dropped starts with a full bucket, which is what it would have by then.
    this.#buckets.delete(key);
    this.#buckets.set(key, bucket);
    if (this.#buckets.size > MOST_KEYS) this.#buckets.delete(this.#buckets.keys().next().value!);
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  }
}
