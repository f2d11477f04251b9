import { addMilliseconds, type Clock, type Instant } from '#libs/kernel';

/** A clock that is moved through a year by hand, and then goes on by itself from where it was put last. */
export class DemoClock implements Clock {
  #at: Instant;
  #goesOnSince: number | undefined;

  constructor(start: Instant) {
    this.#at = start;
  }

  now(): Instant {
    if (this.#goesOnSince === undefined) return this.#at;
    return addMilliseconds(this.#at, Math.floor(performance.now() - this.#goesOnSince));
  }

  set(instant: Instant): void {
    this.#at = instant;
  }

  goOn(): void {
    this.#goesOnSince = performance.now();
  }
}
