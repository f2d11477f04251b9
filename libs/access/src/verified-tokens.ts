import { sha256Hex } from '#libs/kernel';
import type { Principal } from './principal.js';

/** What a signature was found to vouch for. Times in seconds since 1970. */
export interface VerifiedToken {
  readonly principal: Principal;
  readonly expiresAt: number;
  readonly notBefore: number | undefined;
}

interface Kept extends VerifiedToken {
  readonly keptUntilMs: number;
}

const MOST_TOKENS = 10_000;
/** For how long a signature is not looked at again: a key that is withdrawn must not live on with the tokens that it signed. */
const KEPT_MS = 60_000;

/**
 * Tokens whose signature was verified a moment ago, by their hash (a token is a secret, and is not kept). Whether one has expired, or is not
 * valid yet, is looked at each time: the caller does, with `now`.
 */
export class VerifiedTokens {
  readonly #kept = new Map<string, Kept>();
  #generation = 0;

  constructor(private readonly monotonicMs: () => number = () => performance.now()) {}

  /** Only if the token's own times allow it `now` (seconds since 1970), with a tolerance in seconds; undefined: verify it. */
  find(token: string, now: number, toleranceSeconds: number): Principal | undefined {
    const key = sha256Hex(token);
    const kept = this.#kept.get(key);
    if (!kept) return undefined;
    const { principal, expiresAt, notBefore, keptUntilMs } = kept;
    if (keptUntilMs <= this.monotonicMs()) {
      this.#kept.delete(key);
      return undefined;
    }
    const isInTime = expiresAt > now - toleranceSeconds && (notBefore ?? 0) <= now + toleranceSeconds;
    return isInTime ? principal : undefined;
  }

  /** Of the keys: what was verified with those of another one is not kept. */
  get generation(): number {
    return this.#generation;
  }

  /** Other keys: what the ones before vouched for is to be verified again. */
  forget(): void {
    this.#generation += 1;
    this.#kept.clear();
  }

  keep(token: string, verified: VerifiedToken, generation = this.#generation): void {
    if (generation !== this.#generation) return;
    if (this.#kept.size >= MOST_TOKENS) this.#kept.delete(this.#kept.keys().next().value!);
    this.#kept.set(sha256Hex(token), { ...verified, keptUntilMs: this.monotonicMs() + KEPT_MS });
  }
}
