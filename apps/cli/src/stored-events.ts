import type { EventStore, StoredEvent } from '#libs/event-store';
import { parseStreamName, streamName } from '#libs/kernel';

export interface StoredEventsQuery {
  readonly communityId: string;
  /** Only the account's own stream. */
  readonly accountId?: string;
  /** Only the stream of this name. */
  readonly stream?: string;
  /** The last position, inclusive. */
  readonly upTo: bigint;
  readonly signal: AbortSignal;
}

/** A community's events as stored, in order of position, straight from the event store. */
export async function* storedEvents(store: EventStore, query: StoredEventsQuery): AsyncGenerator<StoredEvent> {
  const { communityId, accountId, upTo, signal } = query;
  const one = accountId === undefined ? query.stream : streamName('account', communityId, accountId);
  const pages = one === undefined ? store.readAll({ signal }) : store.readStream(one, { signal });
  for await (const page of pages) {
    for (const event of page) {
      if (event.position > upTo) return;
      if (one !== undefined || parseStreamName(event.stream)?.communityId === communityId) yield event;
    }
    signal.throwIfAborted();
  }
}
