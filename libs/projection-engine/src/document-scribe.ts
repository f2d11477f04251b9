import { storedBytes, type StoredDocument } from '#libs/read-store';
import { DocumentCache } from './document-cache.js';
import { foldGroups, groupByDocument, type EventsByDocument } from './fold.js';
import { MetIds } from './met-ids.js';
import type { FoldedProjection, ProjectedEvent } from './projection.js';
import { isUnstorable, type Scribe, type ScribeOptions, type Taking } from './scribe.js';
import { Unwritten } from './unwritten.js';

/** For read models whose documents change: loads what it has not at hand, folds, and replaces. */
export class DocumentScribe implements Scribe {
  private readonly cache = new DocumentCache();
  private readonly unwritten = new Unwritten();
  private readonly met: MetIds | undefined;
  private hasParked = false;

  constructor(
    private readonly projection: FoldedProjection,
    private readonly options: ScribeOptions,
  ) {
    this.met = options.fromNothing ? new MetIds() : undefined;
  }

  async take({ events, lot, watch, ready, park }: Taking): Promise<number | undefined | 'contended'> {
    const groups = groupByDocument(this.projection, events, lot);
    watch.lap('foldMs');
    if (!(await ready())) return 'contended';
    watch.restart();
    const loaded = await this.load(groups);
    watch.lap('loadMs');
    const { deferral, store } = this.options;
    const folded = foldGroups(this.projection, groups, loaded, lot);
    watch.lap('foldMs');
    if (deferral) {
      await park(lot.entries);
      this.hasParked ||= lot.entries.length > 0;
      return this.keep(folded, events.length);
    }
    const { documents, sizes } = this.storable(folded, { groups, loaded, lot });
    await park(lot.entries);
    const written = documents.length === 0 || (await store.replace(documents));
    documents.forEach((document, n) => this.remember(document, written ? sizes[n]! : undefined));
    return documents.length;
  }

  private keep(documents: readonly StoredDocument[], events: number): undefined | 'contended' {
    try {
      this.unwritten.add(documents, events);
      // What was written before is not looked up any more: two states of each document would be kept.
      for (const { _id } of documents) this.cache.drop(_id);
      return undefined;
    } catch (error) {
      if (isUnstorable(error)) return 'contended';
      throw error;
    }
  }

  /** Those that no server could store are folded again, event by event, up to the one that makes them so; it is parked. */
  private storable(
    folded: readonly StoredDocument[],
    { groups, loaded, lot }: { groups: EventsByDocument; loaded: readonly StoredDocument[]; lot: Taking['lot'] },
  ): { documents: readonly StoredDocument[]; sizes: readonly number[] } {
    const documents: StoredDocument[] = [];
    const sizes: number[] = [];
    const unstorable = new Map<string, readonly ProjectedEvent[]>();
    for (const document of folded) {
      try {
        sizes.push(storedBytes(document));
        documents.push(document);
      } catch (error) {
        if (!isUnstorable(error)) throw error;
        unstorable.set(document._id, groups.get(document._id)!);
      }
    }
    if (unstorable.size === 0) return { documents, sizes };
    for (const id of unstorable.keys()) lot.forget(id);
    for (const document of foldGroups(this.projection, unstorable, loaded, lot, 'checked')) {
      documents.push(document);
      sizes.push(storedBytes(document));
    }
    return { documents, sizes };
  }

  /** @param bytes undefined: it may not have been written */
  private remember(document: StoredDocument, bytes: number | undefined): void {
    // A parked one is set right by somebody else.
    if (bytes !== undefined && !document.parked) this.cache.keep(document, bytes);
    else this.cache.drop(document._id);
  }

  /**
   * Those that this lane has written a moment ago are at hand. In a collection that was empty one that it meets for the first time is not there: had
   * somebody else written it meanwhile, the guard of the write would say so, and folded from nothing it is whole in any case.
   */
  private async load(groups: EventsByDocument): Promise<StoredDocument[]> {
    const documents: StoredDocument[] = [];
    const missing: string[] = [];
    for (const id of groups.keys()) {
      const known = this.unwritten.find(id) ?? this.cache.find(id);
      if (known) documents.push(known);
      else if (!this.met?.isFirst(id)) missing.push(id);
    }
    for (const document of await this.options.store.load(missing)) documents.push(document);
    return documents;
  }

  get isEmpty(): boolean {
    return this.unwritten.isEmpty;
  }

  /** Nobody who looks into the queue of parked events should wait for the mark in the document. */
  get isDue(): boolean {
    const { deferral } = this.options;
    return this.hasParked || (deferral !== undefined && this.unwritten.exceeds(deferral));
  }

  async write(): Promise<number | 'contended'> {
    this.hasParked = false;
    try {
      const written = await this.unwritten.write(this.options.store, (document, bytes) =>
        this.remember(document, bytes),
      );
      return written ?? 'contended';
    } catch (error) {
      if (isUnstorable(error)) return 'contended';
      throw error;
    }
  }
}
