import type {
  CheckpointDocument,
  DocumentPack,
  IndexSpec,
  ModelName,
  ParkedEntry,
  ProjectionStore,
  StoredDocument,
} from '#libs/read-store';
import { collectionName, storedBytes } from '#libs/read-store';
import type { ProjectionStores } from './drain.js';
import { documentDigest } from './digest.js';
import type { AppendOnlyProjection, FoldedProjection, SourceEvent } from './projection.js';
import type { EventSource, SourceChunk } from './source.js';

/** Test doubles of the engine's two ends, in memory, with the same guarantees and no more. */

export function sourceEvent(position: number, type: string, data: object, stream = 'box-yard.1'): SourceEvent {
  const metadata = {
    $correlationId: 'c',
    $causationId: 'c',
    commandId: 'c',
    inputHash: '0',
    actor: { id: 'ann', role: 'tester' },
    communityId: 'yard',
    occurredAt: '2026-01-01T00:00:00.000Z',
    effectiveOn: '2026-01-01',
    recordedAt: '2026-01-01T00:00:00.000Z',
    schemaVersion: 1,
    prevHash: '0',
    hash: '0',
  };
  const [revision, at] = [BigInt(position), BigInt(position)];
  return { stream, revision, position: at, id: `id-${position}`, type, data: data as never, metadata };
}

export class MemorySource implements EventSource {
  readonly events: SourceEvent[] = [];
  private wake: (() => void)[] = [];
  /** Thrown by the next read or subscription, once. */
  failOnce: Error | undefined;

  append(...events: SourceEvent[]): void {
    this.events.push(...events);
    for (const wake of this.wake.splice(0)) wake();
  }

  headPosition(): Promise<bigint> {
    return Promise.resolve(this.events.at(-1)?.position ?? 0n);
  }

  async *readAll(options: Parameters<EventSource['readAll']>[0]): AsyncGenerator<SourceEvent[]> {
    this.throwOnce();
    const { after = -1n, types, pageSize = 3 } = options;
    const wanted = this.events.filter((event) => event.position > after && (!types || types.includes(event.type)));
    for (let from = 0; from < wanted.length; from += pageSize) {
      await Promise.resolve();
      yield wanted.slice(from, from + pageSize);
    }
  }

  async *readStream(
    stream: string,
    { fromRevision = 0n, limit = 1_000 }: { fromRevision?: bigint; limit?: number },
  ): AsyncGenerator<SourceEvent[]> {
    const wanted = this.events.filter((event) => event.stream === stream && event.revision >= fromRevision);
    await Promise.resolve();
    yield wanted.slice(0, limit);
  }

  async *subscribeAll({ after, signal }: { after: bigint; signal: AbortSignal }): AsyncGenerator<SourceChunk> {
    this.throwOnce();
    let upTo = after;
    while (!signal.aborted) {
      const events = this.events.filter((event) => event.position > upTo);
      upTo = events.at(-1)?.position ?? upTo;
      if (events.length > 0) yield { events, upTo };
      else await this.change(signal);
    }
  }

  private change(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      this.wake.push(resolve);
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
  }

  private throwOnce(): void {
    const error = this.failOnce;
    this.failOnce = undefined;
    if (error) throw error;
  }
}

export type StoreStep = 'load' | 'insert' | 'replace' | 'park' | 'checkpoint';

/** Called before and after each step; throwing stops the drain there, as a killed process would. */
export type Interrupt = (step: StoreStep, when: 'before' | 'halfway' | 'after', name: string) => void;

export class MemoryStores implements ProjectionStores {
  readonly collections = new Map<string, Map<string, StoredDocument>>();
  readonly checkpoints = new Map<string, CheckpointDocument>();
  readonly parked = new Map<string, ParkedEntry>();
  /** As `discardKey` names them. */
  readonly discards = new Set<string>();
  /** Each that was looked for, in turn. */
  readonly asked: string[] = [];
  interrupt: Interrupt = () => undefined;

  projectionStore(model: ModelName, set?: string): ProjectionStore {
    return new MemoryStore(collectionName(model, set), this);
  }

  liveCheckpoints(models: readonly ModelName[]): Promise<(CheckpointDocument | undefined)[]> {
    return Promise.resolve(models.map((model) => this.checkpoints.get(collectionName(model))));
  }

  documents(model: ModelName): StoredDocument[] {
    const documents = this.collections.get(collectionName(model)) ?? new Map<string, StoredDocument>();
    return [...documents.values()].sort((a, b) => (a._id < b._id ? -1 : 1));
  }

  /** Everything that a set of read models holds, checkpoints' tallies included. */
  digest(...models: ModelName[]): string {
    const ofModel = (model: ModelName): object => {
      const { position, counts, sums } = this.checkpoints.get(collectionName(model))!;
      return { position, counts, sums, documents: this.documents(model) };
    };
    return documentDigest(models.map(ofModel));
  }
}

class MemoryPack implements DocumentPack {
  readonly documents: StoredDocument[] = [];
  bytes = 0;

  get count(): number {
    return this.documents.length;
  }

  add(documents: readonly StoredDocument[]): void {
    const bytes = documents.reduce((sum, document) => sum + storedBytes(document), 0);
    this.documents.push(...documents);
    this.bytes += bytes;
  }
}

class MemoryStore implements ProjectionStore {
  constructor(
    readonly name: string,
    private readonly stores: MemoryStores,
  ) {}

  prepare(_indexes: readonly IndexSpec[]): Promise<void> {
    return Promise.resolve();
  }

  async load(ids: readonly string[]): Promise<StoredDocument[]> {
    this.stores.asked.push(...ids);
    return this.step('load', ids, (id, found: StoredDocument[]) => {
      const document = this.documents.get(id);
      if (document) found.push(structuredClone(document));
    });
  }

  newPack(): DocumentPack {
    return new MemoryPack();
  }

  async insertPack(pack: DocumentPack): Promise<void> {
    await this.step('insert', (pack as MemoryPack).documents, (document) => {
      if (!this.documents.has(document._id)) this.documents.set(document._id, structuredClone(document));
    });
  }

  async replace(documents: readonly StoredDocument[]): Promise<boolean> {
    let written = 0;
    await this.step('replace', documents, (document) => {
      const stored = this.documents.get(document._id);
      const bound = document.parked?.since ?? document.position;
      if (stored && (stored.position >= bound || stored.parked)) return;
      this.documents.set(document._id, structuredClone(document));
      written += 1;
    });
    return written === documents.length;
  }

  readCheckpoint(): Promise<CheckpointDocument | undefined> {
    return Promise.resolve(this.stores.checkpoints.get(this.name));
  }

  async saveCheckpoint(checkpoint: CheckpointDocument): Promise<void> {
    await this.step('checkpoint', [checkpoint], () => {
      const stored = this.stores.checkpoints.get(this.name);
      if (!stored || stored.position < checkpoint.position) this.stores.checkpoints.set(this.name, checkpoint);
    });
  }

  async park(entries: readonly ParkedEntry[]): Promise<void> {
    await this.step('park', entries, (entry) => {
      if (!this.stores.parked.has(entry._id)) this.stores.parked.set(entry._id, entry);
    });
  }

  parkedStreams(): Promise<Map<string, bigint>> {
    const streams = this.heads().filter(({ scope }) => scope === 'stream');
    return Promise.resolve(new Map(streams.map(({ key, position }) => [key, position])));
  }

  discarded(): Promise<Set<string>> {
    return Promise.resolve(this.stores.discards);
  }

  isEmpty(): Promise<boolean> {
    return Promise.resolve((this.stores.collections.get(this.name)?.size ?? 0) === 0);
  }

  countParked(): Promise<number> {
    return Promise.resolve(this.heads().length);
  }

  noteParked(): Promise<void> {
    const stored = this.stores.checkpoints.get(this.name);
    const { parked: _before, ...rest } = stored ?? ({} as CheckpointDocument);
    const parked = this.heads().length;
    if (stored) this.stores.checkpoints.set(this.name, { ...rest, ...(parked > 0 ? { parked: BigInt(parked) } : {}) });
    return Promise.resolve();
  }

  private heads(): ParkedEntry[] {
    return [...this.stores.parked.values()].filter(({ collection, head }) => collection === this.name && head);
  }

  private get documents(): Map<string, StoredDocument> {
    let documents = this.stores.collections.get(this.name);
    if (!documents) this.stores.collections.set(this.name, (documents = new Map()));
    return documents;
  }

  /** An unordered bulk write may be cut off anywhere: some done, some not. */
  private async step<T>(step: StoreStep, items: readonly T[], act: (item: T, found: StoredDocument[]) => void) {
    const found: StoredDocument[] = [];
    await Promise.resolve();
    this.stores.interrupt(step, 'before', this.name);
    items.forEach((item, index) => {
      if (index % 2 === 1) act(item, found);
    });
    this.stores.interrupt(step, 'halfway', this.name);
    items.forEach((item, index) => {
      if (index % 2 === 0) act(item, found);
    });
    await Promise.resolve();
    this.stores.interrupt(step, 'after', this.name);
    return found;
  }
}

export interface BoxDocument {
  readonly items: readonly string[];
  readonly totalMinor: bigint;
}

/** Once it is taken, `boxes` can hold 'poison': the fix that makes a retry succeed. */
export const antidote = { taken: false };

/** Boxes that things are put in and that are thrown away: `Put {boxes, item, price}`, `Emptied {boxes}`. */
export const boxes: FoldedProjection<BoxDocument> = {
  name: 'boxes',
  version: 1,
  eventTypes: ['Put', 'Emptied'],
  indexes: [],
  keys: (event) => (event.data as { boxes: string[] }).boxes,
  evolve: (doc, event) => {
    if (event.type === 'Emptied') return undefined;
    const { item, price } = event.data as { item: string; price?: { minor: string } };
    if (item === 'poison' && !antidote.taken) throw new Error('cannot hold it');
    return { items: [...(doc?.items ?? []), item], totalMinor: (doc?.totalMinor ?? 0n) + BigInt(price?.minor ?? 0) };
  },
};

/** A line for each thing put anywhere. */
export const lines: AppendOnlyProjection<{ readonly item: string; readonly box: string }> = {
  name: 'lines',
  version: 1,
  eventTypes: ['Put'],
  appendOnly: true,
  indexes: [],
  documents: (event) => {
    const data = event.data as { boxes: string[]; item: string };
    return data.boxes.map((box) => ({ item: data.item, box }));
  },
};

export function put(position: number, boxesOfIt: readonly string[], item: string, minor = '5'): SourceEvent {
  return sourceEvent(position, 'Put', { boxes: boxesOfIt, item, price: { currency: 'CNY', minor } });
}

export function emptied(position: number, boxesOfIt: readonly string[]): SourceEvent {
  return sourceEvent(position, 'Emptied', { boxes: boxesOfIt });
}
