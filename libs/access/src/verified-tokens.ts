import { createHash } from 'node:crypto';
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

  constructor(private readonly monotonicMs: () => number = () => performance.now()) {}

  /** Only if the token's own times allow it `now` (seconds since 1970), with a tolerance in seconds; undefined: verify it. */
  find(token: string, now: number, toleranceSeconds: number): Principal | undefined {
    const key = hashOf(token);
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

  keep(token: string, verified: VerifiedToken): void {
    if (this.#kept.size >= MOST_TOKENS) this.#kept.delete(this.#kept.keys().next().value!);
    this.#kept.set(hashOf(token), { ...verified, keptUntilMs: this.monotonicMs() + KEPT_MS });
  }
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('base64');
}
