/** Where an event id was written. */
export interface KnownEvent {
  readonly stream: string;
  readonly revision: number;
  readonly position: number;
}

/**
 * Ids of the latest events: by them an append with 'any' or 'stream_exists' is recognised as a repetition (EventStoreDB
 * keeps such a bounded memory too). Events that are not yet on disk are never dropped, because nothing else knows them.
 */
export class RecentIds {
  private readonly known = new Map<string, KnownEvent>();

  constructor(private readonly limit = 50_000) {}

  clear(): void {
    this.known.clear();
  }

  get(id: string): KnownEvent | undefined {
    return this.known.get(id);
  }

  add(id: string, event: KnownEvent, committedPosition: number): void {
    this.known.delete(id);
    this.known.set(id, event);
    for (const [oldest, { position }] of this.known) {
      if (this.known.size <= this.limit || position > committedPosition) return;
      this.known.delete(oldest);
    }
  }
}
