import { discardKey, type ParkedEntry, type ParkMark } from '#libs/read-store';
import type { ProjectedEvent } from './projection.js';

/** Where a sequence stands still: a document's, or a stream's whose documents could not be told. */
export type Scope = ParkedEntry['scope'];

/** What a lane has to know of a collection's parked events beside the marks in its documents. */
export interface ParkingState {
  readonly collection: string;
  readonly model: string;
  readonly version: number;
  /** Streams that stand still as a whole, with the position of the event that failed. */
  readonly streams: Map<string, bigint>;
  /** Events that are left out where they cannot be folded, as `discardKey` names them. */
  readonly discarded: ReadonlySet<string>;
  readonly now: () => string;
}

/** An event's place in a sequence; `n` counts the keys of the event. */
interface Place {
  readonly scope: Scope;
  readonly key: string;
  readonly n: number;
}

/** Collects what cannot be folded of one batch. */
export class ParkingLot {
  readonly entries: ParkedEntry[] = [];

  constructor(readonly state: ParkingState) {}

  /** The event waits for an earlier one of its stream that could not be folded. */
  holdsStream(event: ProjectedEvent): boolean {
    const since = this.state.streams.get(event.stream);
    return since !== undefined && event.position >= since;
  }

  /** Parks the event's stream from here on; false when the event is one that is left out. */
  failStream(event: ProjectedEvent, error: unknown): boolean {
    const place = { scope: 'stream', key: event.stream, n: 0 } as const;
    if (this.isDiscarded(event, place)) return false;
    this.state.streams.set(event.stream, event.position);
    this.add(event, place, error);
    return true;
  }

  waitInStream(event: ProjectedEvent): void {
    this.add(event, { scope: 'stream', key: event.stream, n: 0 });
  }

  /** Parks a document from here on; undefined when the event is one that is left out. */
  failDocument(event: ProjectedEvent, key: string, n: number, error: unknown): ParkMark | undefined {
    const place = { scope: 'document', key, n } as const;
    if (this.isDiscarded(event, place)) return undefined;
    const { _id, cause } = this.add(event, place, error);
    return { since: event.position, entry: _id, cause: cause! };
  }

  waitForDocument(event: ProjectedEvent, key: string, n: number): void {
    this.add(event, { scope: 'document', key, n });
  }

  /** Takes back what was parked of a document: it is folded once more. */
  forget(key: string): void {
    const others = this.entries.filter((entry) => entry.scope !== 'document' || entry.key !== key);
    this.entries.splice(0, this.entries.length, ...others);
  }

  private isDiscarded({ position }: ProjectedEvent, { scope, key }: Place): boolean {
    const { discarded } = this.state;
    return discarded.size > 0 && discarded.has(discardKey({ scope, key, position }));
  }

  private add(event: ProjectedEvent, { scope, key, n }: Place, ...failed: [error?: unknown]): ParkedEntry {
    const { collection, model, version, now } = this.state;
    const { communityId, stream, revision, position, type } = event;
    const entry: ParkedEntry = {
      _id: `${collection}@${position}/${scope === 'stream' ? scope : n}`,
      ...{ collection, model, version, scope, key, communityId, stream, revision, position, type },
      head: failed.length > 0,
      cause: failed.length > 0 ? causeOf(failed[0]) : null,
      stack: failed.length > 0 ? stackOf(failed[0]) : null,
      parkedAt: now(),
    };
    this.entries.push(entry);
    return entry;
  }
}

const LONGEST_TEXT = 8_000;

export function causeOf(error: unknown): string {
  return (error instanceof Error ? `${error.name}: ${error.message}` : String(error)).slice(0, LONGEST_TEXT);
}

export function stackOf(error: unknown): string {
  return ((error instanceof Error ? error.stack : undefined) ?? causeOf(error)).slice(0, LONGEST_TEXT);
}
