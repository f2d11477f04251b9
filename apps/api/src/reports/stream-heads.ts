import { Injectable } from '@nestjs/common';
import { EventStore } from '#libs/event-store';
import { streamName } from '#libs/kernel';

/** Where a stream ends; decimal strings. */
export interface StreamHead {
  readonly revision: string;
  readonly position: string;
}

/**
 * The last event of a stream, for entity tags. Ask for it before the state that goes with it: a tag that is too old is refused when it is
 * used, one that is too new would let a change go unnoticed.
 */
@Injectable()
export class StreamHeads {
  constructor(private readonly store: EventStore) {}

  async of(category: string, communityId: string, id: string): Promise<StreamHead | undefined> {
    const stream = streamName(category, communityId, id);
    for await (const [event] of this.store.readStream(stream, { direction: 'backwards', limit: 1 })) {
      if (event) return { revision: event.revision.toString(), position: event.position.toString() };
    }
    return undefined;
  }
}
