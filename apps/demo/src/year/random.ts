import { sha256Hex } from '#libs/kernel';

/** A stream of pseudo-random numbers: the same seed gives the same ones everywhere (mulberry32). Not for secrets. */
export class Random {
  #state: number;

  constructor(private readonly seed: string) {
    this.#state = Number.parseInt(sha256Hex(seed).slice(0, 8), 16);
  }

  /** A stream of its own for a part of the whole: drawing from one part leaves the others as they are. */
  fork(part: string): Random {
    return new Random(`${this.seed}/${part}`);
  }

  /** A whole number, least ≤ n ≤ most. */
  between(least: number, most: number): number {
    return least + Math.floor(this.#fraction() * (most - least + 1));
  }

  chance(percent: number): boolean {
    return this.#fraction() * 100 < percent;
  }

  pick<T>(from: readonly T[]): T {
    return from[this.between(0, from.length - 1)]!;
  }

  /** @param weights how often each comes, in proportion */
  weighted<T extends string>(weights: Readonly<Record<T, number>>): T {
    const entries = Object.entries(weights) as [T, number][];
    let left = this.#fraction() * entries.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [value, weight] of entries) if ((left -= weight) < 0) return value;
    return entries.at(-1)![0];
  }

  #fraction(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }
}
