import type { SourceEvent } from './projection.js';

/**
 * Leaves out what a source delivers again. Documents know what is folded into them, but only once they are stored: an event that comes twice in
 * one batch would be folded twice.
 */
export class InOrder {
  private last = -1n;

  take(events: readonly SourceEvent[]): readonly SourceEvent[] {
    const first = events.findIndex(({ position }, index) => position <= (events[index - 1]?.position ?? this.last));
    const fresh = first < 0 ? events : this.filter(events);
    this.last = fresh.at(-1)?.position ?? this.last;
    return fresh;
  }

  private filter(events: readonly SourceEvent[]): readonly SourceEvent[] {
    let { last } = this;
    return events.filter(({ position }) => {
      if (position <= last) return false;
      last = position;
      return true;
    });
  }
}
