/** An identity of domain.md §4 as found: `detail` shows the figures, or the first places where it is broken. */
export interface IdentityResult {
  readonly name: string;
  readonly holds: boolean;
  readonly detail?: string;
}

const SHOWN = 5;

/** Collects where an identity is broken; the first few are shown, all are counted. */
export class Violations {
  private readonly shown: string[] = [];
  private count = 0;

  constructor(private readonly name: string) {}

  add(where: string): void {
    this.count += 1;
    if (this.shown.length < SHOWN) this.shown.push(where);
  }

  result(): IdentityResult {
    if (this.count === 0) return { name: this.name, holds: true };
    const others = this.count > SHOWN ? `; and ${this.count - SHOWN} more` : '';
    return { name: this.name, holds: false, detail: this.shown.join('; ') + others };
  }
}
