import { type Clock, type Decider, type NewEvent, streamName, systemClock } from '#libs/kernel';
import type { BulkStream } from './bulk.js';
import { BulkStreamWriter } from './bulk-stream.js';
import { EventStore } from './event-store.js';
import { FoldedStream } from './folded-stream.js';
import { Semaphore } from './key-queue.js';
import { Upcasters } from './upcasters.js';

const LOADS_AT_ONCE = 32;
const APPENDS_AT_ONCE = 32;

/**
 * Records many commands of one stream in few appends, many streams side by side: imports, billing runs. Every command keeps its own id,
 * so doing it again changes nothing. Decisions are made on a state that is read when the stream is opened and held to by the expected
 * revision; if somebody else writes meanwhile, what was not acknowledged is decided again.
 */
export class BulkWriter {
  readonly #loads = new Semaphore(LOADS_AT_ONCE);
  readonly #appends = new Semaphore(APPENDS_AT_ONCE);

  constructor(
    private readonly store: EventStore,
    private readonly clock: Clock = systemClock,
    private readonly upcasters: Upcasters = new Upcasters(),
  ) {}

  /** Loads a stream. May be called for many at once: the reads are bounded. @throws StoreError */
  open<S, E extends NewEvent>(decider: Decider<S, E>, communityId: string, id: string): Promise<BulkStream<S, E>> {
    const stream = streamName(decider.category, communityId, id);
    const load = async () => {
      const folded = new FoldedStream(stream, decider, this.upcasters);
      await folded.catchUp(this.store);
      return folded;
    };
    return this.#loads.run(async () => {
      const parts = { store: this.store, clock: this.clock, appends: this.#appends, load };
      return new BulkStreamWriter(parts, await load());
    });
  }

  /** Loads many streams with bounded parallel reads, in the order of the ids. @throws StoreError */
  openAll<S, E extends NewEvent>(
    decider: Decider<S, E>,
    communityId: string,
    ids: readonly string[],
  ): Promise<BulkStream<S, E>[]> {
    return Promise.all(ids.map((id) => this.open(decider, communityId, id)));
  }
}
