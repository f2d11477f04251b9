import type { Instant } from './local-date.js';

/** The only source of the present time. Decisions get instants as arguments; only the edges hold a clock. */
export interface Clock {
  now(): Instant;
}

let lastMilliseconds = Number.NaN;
let lastInstant: Instant = '';

/** A request asks several times, and several requests within a millisecond: the text of the last one is kept. */
export const systemClock: Clock = {
  now() {
    const milliseconds = Date.now();
    if (milliseconds !== lastMilliseconds) {
      lastInstant = new Date(milliseconds).toISOString();
      lastMilliseconds = milliseconds;
    }
    return lastInstant;
  },
};

/** A clock that stands still. */
export function fixedClock(instant: Instant): Clock {
  return { now: () => instant };
}

/** A clock that a test (or a replay of a year in seconds) moves by hand. */
export class ManualClock implements Clock {
  #milliseconds: number;

  constructor(start: Instant) {
    this.#milliseconds = Date.parse(start);
  }

  now(): Instant {
    return new Date(this.#milliseconds).toISOString();
  }

  /** Moves to an instant, backwards too: clocks of real machines do that. */
  set(instant: Instant): void {
    this.#milliseconds = Date.parse(instant);
  }

  advance(milliseconds: number): void {
    this.#milliseconds += milliseconds;
  }
}
