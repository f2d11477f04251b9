import type { DocumentPack } from '#libs/read-store';
import { newDocuments } from './fold.js';
import type { AppendOnlyProjection } from './projection.js';
import type { Scribe, ScribeOptions, Taking } from './scribe.js';

/**
 * For append-only read models: documents become bytes at once, and never wait for those of the batch before. In a catch-up they are sent many
 * at a time, since the server then touches each page of its indexes once for all of them.
 */
export class LineScribe implements Scribe {
  private filling: DocumentPack;
  private leaving: DocumentPack | undefined;
  private events = 0;

  constructor(
    private readonly projection: AppendOnlyProjection,
    private readonly options: ScribeOptions,
  ) {
    this.filling = options.store.newPack();
  }

  async take({ events, lot, watch, park }: Taking): Promise<number | undefined> {
    const { deferral, store } = this.options;
    const pack = deferral ? this.filling : store.newPack();
    newDocuments(this.projection, events, lot, (documents) => pack.add(documents));
    this.events += events.length;
    watch.lap('foldMs');
    await park(lot.entries);
    if (deferral) return undefined;
    const { count } = pack;
    if (count > 0) await store.insertPack(pack);
    return count;
  }

  get isEmpty(): boolean {
    return this.filling.count === 0 && !this.leaving;
  }

  get isDue(): boolean {
    const { deferral } = this.options;
    return deferral !== undefined && (this.events >= deferral.events || this.filling.bytes >= deferral.packBytes);
  }

  async write(): Promise<number> {
    const { store } = this.options;
    const pack = this.filling;
    const { count } = pack;
    this.leaving = pack;
    this.filling = store.newPack();
    this.events = 0;
    if (count > 0) await store.insertPack(pack);
    this.leaving = undefined;
    return count;
  }
}
