import { ScriptError } from './values.js';

/** Steps of one call from outside. */
const MAX_STEPS = 1_000_000;
const MAX_CALLS = 100;

/** What a script has used up: it is stopped when it takes too long or calls too deep. */
export class Machine {
  private steps = 0;
  private depth = 0;

  /** Begins a call from outside. */
  reset(): void {
    this.steps = 0;
    this.depth = 0;
  }

  spend(steps = 1): void {
    this.steps += steps;
    if (this.steps > MAX_STEPS) throw new ScriptError('it takes too long');
  }

  /** Runs a function's body. */
  within<T>(body: () => T): T {
    if (this.depth >= MAX_CALLS) throw new ScriptError('it calls too deep');
    this.depth++;
    try {
      return body();
    } finally {
      this.depth--;
    }
  }
}
