/** How a long fold goes on, for a person who waits: what is done, how fast it goes now, and how long it will take. */
export interface ProgressReport {
  /** Of 0 to 1, by position: how many events lie between two positions is not known beforehand. */
  readonly share: number;
  readonly events: number;
  /** Over the last seconds, not since the start: what comes is as dense as what has just been. */
  readonly eventsPerSecond: number;
  /** Seconds to go at this speed; null until there is a speed. */
  readonly secondsLeft: number | null;
}

interface Mark {
  readonly atMs: number;
  readonly events: number;
  readonly position: number;
}

/** Long enough to be steady, short enough to follow a change of speed. */
const WINDOW_MS = 10_000;
/** Marks are this far apart, so that memory does not grow with the speed. */
const MARK_EVERY_MS = 250;

/** Makes reports of what a drain says in `onProgress`. One per run; positions are those of $all. */
export class ProgressMeter {
  private readonly marks: Mark[] = [];
  private readonly from: number;

  /** @param from position where the run begins; @param nowMs a clock that only goes forward, in milliseconds */
  constructor(
    from: bigint,
    private readonly nowMs: () => number = () => performance.now(),
  ) {
    this.from = Number(from);
    this.marks.push({ atMs: nowMs(), events: 0, position: this.from });
  }

  /** @param at events so far in this run, the position reached, and the one to reach */
  report({
    events,
    position,
    to,
  }: {
    readonly events: number;
    readonly position: bigint;
    readonly to: bigint;
  }): ProgressReport {
    const now: Mark = { atMs: this.nowMs(), events, position: Number(position) };
    const since = this.windowStart(now.atMs);
    const seconds = (now.atMs - since.atMs) / 1_000;
    const perSecond = (done: number): number => (seconds > 0 ? done / seconds : 0);
    const positionsPerSecond = perSecond(now.position - since.position);
    const left = Number(to) - now.position;
    this.mark(now);
    return {
      share: left <= 0 ? 1 : (now.position - this.from) / (Number(to) - this.from),
      events,
      eventsPerSecond: perSecond(events - since.events),
      secondsLeft: left <= 0 ? 0 : positionsPerSecond > 0 ? left / positionsPerSecond : null,
    };
  }

  /** The oldest mark within the window; the last one before it where there is none. */
  private windowStart(nowMs: number): Mark {
    while (this.marks.length > 1 && nowMs - this.marks[1]!.atMs >= WINDOW_MS) this.marks.shift();
    return this.marks[0]!;
  }

  private mark(now: Mark): void {
    if (now.atMs - this.marks.at(-1)!.atMs >= MARK_EVERY_MS) this.marks.push(now);
  }
}
