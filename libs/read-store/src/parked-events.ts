import type { Collection, Filter } from 'mongodb';
import type { DiscardDecision, ParkedEntry } from './documents.js';
import { ignoreAlreadyDone } from './errors.js';
import { pagesOf } from './pages.js';

/** Enough for a figure; what matters is whether it is none. */
const COUNTED_AT_MOST = 10_000;
const BATCH = 1_000;

const INDEXES = [
  { name: 'sequence-order', key: { collection: 1, scope: 1, key: 1, position: 1 } },
  { name: 'heads', key: { collection: 1, head: 1, position: 1 } },
  { name: 'stale-order', key: { collection: 1, communityId: 1, position: 1 } },
] as const;

/** All fields of an entry but its id. */
const FIELDS = Object.fromEntries(
  [
    ...['collection', 'model', 'version', 'scope', 'key', 'communityId', 'stream', 'revision', 'position', 'type'],
    ...['head', 'cause', 'stack', 'parkedAt', 'discard', 'fence'],
  ].map((field) => [field, '' as const]),
);

/** One parked sequence: a document's, or a stream's whose documents could not be told. */
export type ParkedSequence = Pick<ParkedEntry, 'collection' | 'scope' | 'key'>;

/** Part of a read model, as far as parked events are concerned. */
export interface StaleQuery {
  readonly communityId?: string;
  readonly stream?: string;
  /** Only what waits at or before this position. */
  readonly upTo?: bigint;
}

/** An event that somebody has decided to leave out, with the reason. */
export interface DiscardedEvent
  extends
    Pick<ParkedEntry, 'model' | 'scope' | 'key' | 'stream' | 'revision' | 'position'>,
    Omit<DiscardDecision, 'request'> {
  /** Id of the entry that was discarded. */
  readonly _id: string;
  readonly request?: string;
}

/** Names an event in a sequence. */
export function discardKey({ scope, key, position }: Pick<ParkedEntry, 'scope' | 'key' | 'position'>): string {
  return `${scope} ${position} ${key}`;
}

/** The queue of events that could not be folded, of all read models of a database. */
export class ParkedEvents {
  private prepared: Promise<unknown> | undefined;

  constructor(
    private readonly entries: Collection<ParkedEntry>,
    private readonly discards: Collection<DiscardedEvent>,
  ) {}

  async add(entries: readonly ParkedEntry[]): Promise<void> {
    if (entries.length === 0) return;
    this.prepared ??= this.entries.createIndexes(INDEXES.map(({ name, key }) => ({ name, key: { ...key } })));
    await this.prepared;
    await this.entries.insertMany(entries, { ordered: false }).catch(ignoreAlreadyDone);
  }

  find(id: string): Promise<ParkedEntry | null> {
    return this.entries.findOne({ _id: id, collection: { $exists: true } });
  }

  /** Events that failed, of all read models or of one collection, in order of position. */
  async *listHeads(collection?: string): AsyncGenerator<ParkedEntry> {
    const filter: Filter<ParkedEntry> = { head: true, ...(collection === undefined ? {} : { collection }) };
    for await (const page of pagesOf(this.entries.find(filter, { batchSize: BATCH }).sort({ position: 1, _id: 1 })))
      yield* page;
  }

  /** The next events of a sequence in their order. */
  listSequence({ collection, scope, key }: ParkedSequence, limit: number): Promise<ParkedEntry[]> {
    return this.entries.find({ collection, scope, key }).sort({ position: 1 }).limit(limit).toArray();
  }

  countSequence({ collection, scope, key }: ParkedSequence): Promise<number> {
    return this.entries.countDocuments({ collection, scope, key });
  }

  /**
   * Forgets a sequence's events at or before a position: they are folded. The failed one goes last, so that what is left when it is cut off can
   * still be found. Their ids stay, with nothing that any query looks for: a runner that was paused before it could queue them, and does so when
   * it wakes up, then changes nothing. False when some are left: they were taken in hand under a higher token.
   */
  async remove({ collection, scope, key }: ParkedSequence, upTo: bigint, fence?: bigint): Promise<boolean> {
    const folded: Filter<ParkedEntry> = { collection, scope, key, position: { $lte: upTo } };
    const own = { ...folded, ...notAbove(fence) };
    await this.entries.updateMany({ ...own, head: false }, { $unset: FIELDS });
    await this.entries.updateMany(own, { $unset: FIELDS });
    return fence === undefined || (await this.entries.findOne(folded)) === null;
  }

  /** The event that a sequence stands before now, and why. False when it does not wait any more, or a higher token has it in hand. */
  async markHead(id: string, { cause, stack }: Pick<ParkedEntry, 'cause' | 'stack'>, fence?: bigint): Promise<boolean> {
    const filter = { _id: id, collection: { $exists: true }, ...notAbove(fence) };
    return (await this.entries.updateOne(filter, { $set: { head: true, cause, stack } })).matchedCount === 1;
  }

  /** Decides to leave an event out that has failed. False as in `markHead`. */
  async markDiscard(id: string, discard: DiscardDecision, fence?: bigint): Promise<boolean> {
    const filter = { _id: id, head: true, ...notAbove(fence) };
    return (await this.entries.updateOne(filter, { $set: { discard } })).matchedCount === 1;
  }

  /** Takes a collection's queue in hand: whoever has a lower token changes nothing in it any more. */
  async claim(collection: string, fence: bigint): Promise<void> {
    await this.entries.updateMany({ collection, fence: { $not: { $gte: fence } } }, { $set: { fence } });
  }

  async streamsOf(collection: string): Promise<Map<string, bigint>> {
    const found = await this.entries.find({ collection, scope: 'stream', head: true }).toArray();
    return new Map(found.map(({ key, position }) => [key, position]));
  }

  /** Notes that an event is left out of a sequence of a read model wherever it cannot be folded, in later builds, too. */
  async discard(discarded: DiscardedEvent): Promise<void> {
    await this.discards.insertOne(discarded).catch(ignoreAlreadyDone);
  }

  /** What was decided on an entry; null without. */
  findDiscard(id: string): Promise<DiscardedEvent | null> {
    return this.discards.findOne({ _id: id });
  }

  /** Discards of a read model, as `discardKey` names them. */
  async discardedOf(model: string): Promise<Set<string>> {
    const found = await this.discards.find({ model }).toArray();
    return new Set(found.map(discardKey));
  }

  countSequences(collection: string): Promise<number> {
    return this.entries.countDocuments({ collection, head: true }, { limit: COUNTED_AT_MOST });
  }

  /** Position of the first event that is missing in a part of a collection; undefined when none is. */
  async staleSince(collection: string, { communityId, stream, upTo }: StaleQuery): Promise<bigint | undefined> {
    const filter: Filter<ParkedEntry> = {
      collection,
      ...(communityId === undefined ? {} : { communityId }),
      ...(stream === undefined ? {} : { stream }),
      ...(upTo === undefined ? {} : { position: { $lte: upTo } }),
    };
    const [first] = await this.entries.find(filter).sort({ position: 1 }).limit(1).toArray();
    return first?.position;
  }

  /** Forgets everything of a collection that is dropped. */
  async drop(collection: string): Promise<void> {
    await this.entries.deleteMany({ collection });
    // What `remove` has left: ids begin with the collection.
    await this.entries.deleteMany({ _id: { $gte: `${collection}@`, $lt: `${collection}A` } });
  }
}

function notAbove(fence: bigint | undefined): Filter<ParkedEntry> {
  return fence === undefined ? {} : { fence: { $not: { $gt: fence } } };
}
