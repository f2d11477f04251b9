import { CAUGHT_UP, FELL_BEHIND, checkpoint } from '../wire/responses.js';
import type { Outlet } from './outlet.js';

/** A subscriber that has so many events before it is not live. */
export const FAR_BEHIND = 2048;

/** Tells a subscriber when it has caught up, and when it has fallen far behind what is written. */
export class Liveness {
  behind = true;

  constructor(private readonly outlet: Pick<Outlet, 'send'>) {}

  /** So many events are before it. True when it has fallen behind by them. */
  left(events: number): boolean {
    if (this.behind || events < FAR_BEHIND) return false;
    this.behind = true;
    this.outlet.send(FELL_BEHIND);
    return true;
  }

  reachedEnd(): void {
    if (!this.behind) return;
    this.behind = false;
    this.outlet.send(CAUGHT_UP);
  }
}

/** Tells a filtered subscriber how far it is, also when nothing of what was looked at was wanted. None is told twice. */
export class Checkpoints {
  private looked = 0;
  private told = 0;

  constructor(
    private readonly outlet: Pick<Outlet, 'send'>,
    /** Events looked at from one to the next. */
    private readonly every: number,
    /** Position of the last event or checkpoint sent, at first of the one to start behind. */
    private sentTo: number,
  ) {}

  /** An event was looked at, and sent if it is wanted. False: what is buffered should first be taken. */
  passed(position: number, wanted: boolean): boolean {
    if (wanted) this.sentTo = position;
    if (++this.looked < this.every) return true;
    this.looked = 0;
    return this.tell(position);
  }

  /** It goes back from live to catching up: it gets to know how far it was, and the interval begins anew. */
  fellBehind(): void {
    this.tell(this.sentTo);
    this.looked = 0;
  }

  /** It goes live. */
  reachedEnd(position: number): void {
    if (this.looked > 0) this.tell(position);
  }

  private tell(position: number): boolean {
    if (position <= this.told) return true;
    this.told = position;
    this.sentTo = position;
    return this.outlet.send(checkpoint(position));
  }
}
