/** Where an event id was written. */
export interface KnownEvent {
  readonly stream: string;
  readonly revision: number;
  readonly position: number;
}

interface Entry extends KnownEvent {
  readonly id: string;
}

/**
 * Ids of the latest events: by them an append with 'any' or 'stream_exists' is recognised as a repetition (EventStoreDB
 * keeps such a bounded memory too). Events that are not yet on disk are never dropped, because nothing else knows them.
 */
export class RecentIds {
  private readonly known = new Map<string, Entry>();
  /** In the order of adding, from `oldest` on. (Looking for a Map's first entry passes all those deleted before it.) */
  private order: Entry[] = [];
  private oldest = 0;

  constructor(private readonly limit = 50_000) {}

  clear(): void {
    this.known.clear();
    this.order = [];
    this.oldest = 0;
  }

  get(id: string): KnownEvent | undefined {
    return this.known.get(id);
  }

  add(id: string, stream: string, revision: number, position: number, committedPosition: number): void {
    const entry = { id, stream, revision, position };
    this.known.set(id, entry);
    this.order.push(entry);
    while (this.order.length - this.oldest > this.limit) {
      const first = this.order[this.oldest]!;
      if (first.position > committedPosition) break;
      if (this.known.get(first.id) === first) this.known.delete(first.id);
      this.oldest++;
    }
    if (this.oldest > this.limit) {
      this.order = this.order.slice(this.oldest);
      this.oldest = 0;
    }
  }
}
