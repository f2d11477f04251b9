import { Inject, Injectable } from '@nestjs/common';
import { CommandRunner, EventStore, UNKNOWN_POSITION, Upcasters } from '#libs/event-store';
import { UPCASTERS } from '#libs/event-store/nest';
import { DomainError, streamName, type Decider, type NewEvent } from '#libs/kernel';
import { StreamHeads, type StreamHead } from './stream-heads.js';

/** What was seen of an entity, with the last event that it reflects. */
export interface SeenState<R> {
  readonly seen: R;
  readonly head: StreamHead;
}

/** States of entities straight from the event store, as they are or as they were. */
@Injectable()
export class EntityStates {
  constructor(
    private readonly store: EventStore,
    private readonly runner: CommandRunner,
    private readonly heads: StreamHeads,
    @Inject(UPCASTERS) private readonly upcasters: Upcasters,
  ) {}

  /**
   * @param at only events up to this position; without it the state as it is. Undefined when there was no such entity then.
   * @throws DomainError AT_NOT_KEPT on a server that does not say positions in a read of a stream
   */
  async find<S, E extends NewEvent, R>(
    decider: Decider<S, E>,
    entity: { readonly communityId: string; readonly id: string; readonly at: bigint | undefined },
    look: (state: S) => R,
  ): Promise<SeenState<R> | undefined> {
    const { communityId, id, at } = entity;
    if (at !== undefined) return this.findAt(decider, streamName(decider.category, communityId, id), at, look);
    // The head first: a tag that is too old is refused when it is used.
    const head = await this.heads.of(decider.category, communityId, id);
    return head && { seen: await this.runner.inspect(decider, communityId, id, look), head };
  }

  private async findAt<S, E extends NewEvent, R>(
    decider: Decider<S, E>,
    stream: string,
    at: bigint,
    look: (state: S) => R,
  ) {
    let state = decider.initialState();
    let head: StreamHead | undefined;
    for await (const page of this.store.readStream(stream, {})) {
      for (const event of page) {
        if (event.position === UNKNOWN_POSITION)
          throw new DomainError('AT_NOT_KEPT', 'The event store does not say positions in a stream');
        if (event.position > at) return head && { seen: look(state), head };
        head = { revision: event.revision.toString(), position: event.position.toString() };
        if (!decider.handles.has(event.type as E['type'])) continue;
        const { effectiveOn, occurredAt, recordedAt, actor } = event.metadata;
        const past = {
          type: event.type,
          data: this.upcasters.dataOf(event),
          effectiveOn,
          occurredAt,
          recordedAt,
          actor,
        };
        state = decider.evolve(state, past as unknown as Parameters<Decider<S, E>['evolve']>[1]);
      }
    }
    return head && { seen: look(state), head };
  }
}
