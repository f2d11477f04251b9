import { DomainError, parseStreamName, type Json, type StreamParts } from '#libs/kernel';
import type { ProjectedEvent, SourceEvent } from './projection.js';

/** Turns an event's stored data into today's shape; the event-store lib's upcasters are one. */
export type Upcast = (event: SourceEvent) => Json;

/** Enough for the streams of a busy stretch; names are parsed again after it is full. */
const REMEMBERED_STREAMS = 50_000;

/** Makes projected events; one per drain, so that names of streams and shapes are worked out once for all projections. */
export class EventReader {
  private readonly streams = new Map<string, StreamParts | undefined>();

  constructor(private readonly upcast: Upcast = (event) => event.data) {}

  /** Events of streams that are not the project's (another program's, in a shared store) are left out. */
  read(events: readonly SourceEvent[]): ProjectedEvent[] {
    const read: ProjectedEvent[] = [];
    for (const event of events) {
      const parts = this.parts(event.stream);
      if (parts) read.push(this.projected(event, parts));
    }
    return read;
  }

  private projected(event: SourceEvent, parts: StreamParts): ProjectedEvent {
    let data: Json;
    try {
      data = this.upcast(event);
    } catch (error) {
      // An event of a later program, say. It is for each projection that folds its type to stop at it.
      const reason = error instanceof Error ? error.message : String(error);
      const unreadable = new DomainError('EVENT_UNREADABLE', `${event.type} cannot be read: ${reason}`);
      return { ...projected(event, parts, event.data), unreadable };
    }
    return projected(event, parts, data);
  }

  private parts(stream: string): StreamParts | undefined {
    let parts = this.streams.get(stream);
    if (parts === undefined && !this.streams.has(stream)) {
      parts = parseStreamName(stream);
      if (this.streams.size >= REMEMBERED_STREAMS) this.streams.clear();
      this.streams.set(stream, parts);
    }
    return parts;
  }
}

function projected(event: SourceEvent, parts: StreamParts, data: Json): ProjectedEvent {
  return {
    stream: event.stream,
    category: parts.category,
    communityId: parts.communityId,
    entityId: parts.id,
    revision: event.revision,
    position: event.position,
    id: event.id,
    type: event.type,
    data,
    metadata: event.metadata,
  };
}
