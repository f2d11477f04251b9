import { setTimeout as sleep } from 'node:timers/promises';
import { createRemoteJWKSet, errors, type JWTVerifyGetKey } from 'jose';
import { DomainError } from '#libs/kernel';

/** After so long the keys are asked for again: for that long a key lives on that its provider has withdrawn. */
const FRESH_MS = 60_000;
/** While the provider cannot be reached, the keys that were known are good for so long. */
const MOST_AGE_MS = 600_000;
/** The least time from one request to the next, so that tokens of made-up keys do not become a flood of them. */
const SPACING_MS = 1_000;
/** The same after a failure, while there are keys to go on with. */
const RETRY_MS = 10_000;
const TIMEOUT_MS = 5_000;

/** The keys of an identity provider, which changes them when it likes. Times are monotonic, in milliseconds. */
export class RemoteKeySet {
  readonly #remote;
  #loadedAt = Number.NEGATIVE_INFINITY;
  #askedAt = Number.NEGATIVE_INFINITY;
  #failed = false;
  #loading: Promise<void> | undefined;
  #text = '';

  /** @param changed is called when the provider has other keys than before */
  constructor(
    url: URL,
    private readonly changed: () => void,
    private readonly monotonicMs: () => number = () => performance.now(),
  ) {
    // When to ask is decided here.
    const never = { cooldownDuration: Number.POSITIVE_INFINITY, cacheMaxAge: Number.POSITIVE_INFINITY };
    this.#remote = createRemoteJWKSet(url, { ...never, timeoutDuration: TIMEOUT_MS });
  }

  /** The key that a token names; one that is not known yet is asked for. @throws DomainError TOKEN_KEYS_UNAVAILABLE, errors of jose */
  readonly find: JWTVerifyGetKey = async (header, token) => {
    await this.#refresh();
    try {
      return await this.#remote(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      await this.load();
      return this.#remote(header, token);
    }
  };

  /** Asks the provider, in its turn. @throws DomainError TOKEN_KEYS_UNAVAILABLE */
  load(): Promise<void> {
    this.#loading ??= this.#load().finally(() => (this.#loading = undefined));
    return this.#loading;
  }

  async #refresh(): Promise<void> {
    const now = this.monotonicMs();
    const age = now - this.#loadedAt;
    if (age < FRESH_MS) return;
    const canGoOn = age < MOST_AGE_MS;
    if (canGoOn && this.#failed && now - this.#askedAt < RETRY_MS) return;
    try {
      await this.load();
    } catch (error) {
      if (!canGoOn) throw error;
    }
  }

  async #load(): Promise<void> {
    const wait = this.#askedAt + SPACING_MS - this.monotonicMs();
    if (wait > 0) await sleep(wait);
    this.#askedAt = this.monotonicMs();
    try {
      await this.#remote.reload();
      this.#failed = false;
    } catch {
      this.#failed = true;
      throw new DomainError('TOKEN_KEYS_UNAVAILABLE', 'The keys of the identity provider cannot be had');
    }
    this.#loadedAt = this.monotonicMs();
    const text = JSON.stringify(this.#remote.jwks());
    if (text === this.#text) return;
    this.#text = text;
    this.changed();
  }
}
