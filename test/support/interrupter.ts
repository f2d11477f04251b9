import type { EventSource, ProjectionStores, SourceChunk, SourceEvent } from '#libs/projection-engine';
import type { DocumentPack, ProjectionStore, StoredDocument } from '#libs/read-store';

/** Thrown where a process is stopped: from then on, it does nothing any more. */
export class Stopped extends Error {}

/** Writes of several things: a process can be stopped when some are done and others are not. */
const BULK = new Set(['insertPack', 'replace', 'park', 'insertMany']);

const READS = new Set(['readAll', 'readStream', 'subscribeAll']);

/** A pack of which half can be sent. */
class OpenPack implements DocumentPack {
  readonly documents: StoredDocument[] = [];
  readonly bytes = 0;

  get count(): number {
    return this.documents.length;
  }

  add(documents: readonly StoredDocument[]): void {
    this.documents.push(...documents);
  }
}

/** A call of something that a program awaits. */
export interface Call {
  readonly place: string;
  readonly args: readonly unknown[];
  readonly run: (given: readonly unknown[]) => Promise<unknown>;
}

/**
 * Counts the await points of a program between it and its stores, and stops it at one of them. What it had sent before goes on, as it does when
 * a process is killed; what it does later does not happen.
 */
export class Interrupter {
  /** Await points passed so far, in words. */
  readonly passed: string[] = [];
  private isStopped = false;
  private readonly underWay = new Set<Promise<unknown>>();

  /**
   * @param stopAt the await point to stop at, counted from 1; undefined: none
   * @param onPoint what happens at that point instead of the stop, such as a connection that breaks
   */
  constructor(
    private readonly stopAt?: number,
    private readonly onPoint?: () => void,
  ) {}

  get stopped(): boolean {
    return this.isStopped;
  }

  /** An object whose methods are await points; other values are as they are. */
  around<T extends object>(port: T, name: string): T {
    return new Proxy(port, {
      get: (target, property) => {
        const value: unknown = Reflect.get(target, property);
        if (typeof value !== 'function') return value;
        return (...args: unknown[]) => {
          const result = (): unknown => Reflect.apply(value, target, args);
          const place = `${name}.${String(property)}`;
          if (property === 'newPack') return new OpenPack();
          if (property === 'insertPack') return this.insert(target as ProjectionStore, place, args[0] as OpenPack);
          if (property === 'projectionStore') return this.around(result() as object, 'store');
          if (READS.has(String(property))) return this.pages(result, place);
          return this.pass({
            place,
            args,
            run: (given) => Promise.resolve(Reflect.apply(value, target, given) as unknown),
          });
        };
      },
    });
  }

  private insert(store: ProjectionStore, place: string, { documents }: OpenPack): Promise<unknown> {
    const run = ([given]: readonly unknown[]): Promise<void> => {
      const pack = store.newPack();
      pack.add(given as StoredDocument[]);
      return store.insertPack(pack);
    };
    return this.pass({ place, args: [documents], run });
  }

  /** When all that was sent before the stop has come to its end. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.underWay);
  }

  /** An await point before the call, one behind it, and one in the middle of what it writes of several things. */
  async pass({ place, args, run }: Call): Promise<unknown> {
    if (this.stopsAt(`before ${place}`)) throw new Stopped(place);
    const [first] = args;
    if (BULK.has(place.split('.')[1]!) && Array.isArray(first) && first.length > 1) {
      if (this.stopsAt(`halfway ${place}`)) {
        const half = first.filter((_, index) => index % 2 === 1);
        await this.sent(run([half]));
        throw new Stopped(place);
      }
    }
    const result = await this.sent(run(args));
    if (this.stopsAt(`after ${place}`)) throw new Stopped(place);
    return result;
  }

  private async *pages(open: () => unknown, place: string): AsyncGenerator<unknown> {
    if (this.stopsAt(`before ${place}`)) throw new Stopped(place);
    for await (const page of open() as AsyncIterable<unknown>) {
      if (this.stopsAt(`page of ${place}`)) throw new Stopped(place);
      yield page;
      if (this.stopsAt(`behind a page of ${place}`)) throw new Stopped(place);
    }
  }

  /** Whether the process ends here, or has ended. */
  private stopsAt(place: string): boolean {
    if (this.isStopped) return true;
    this.passed.push(place);
    if (this.passed.length !== this.stopAt) return false;
    if (this.onPoint) this.onPoint();
    else this.isStopped = true;
    return this.isStopped;
  }

  private async sent(promise: Promise<unknown>): Promise<unknown> {
    this.underWay.add(promise);
    try {
      return await promise;
    } finally {
      this.underWay.delete(promise);
    }
  }
}

/** A source and stores around which a program can be stopped. */
export function interrupted<Stores extends ProjectionStores>(
  interrupter: Interrupter,
  { source, stores }: { readonly source: EventSource; readonly stores: Stores },
): { readonly source: EventSource; readonly stores: Stores } {
  return { source: interrupter.around(source, 'source'), stores: interrupter.around(stores, 'stores') };
}

/** A source that hands everything over twice, and again with what follows. */
export function deliveringTwice(source: EventSource): EventSource {
  return {
    headPosition: () => source.headPosition(),
    readStream: (...args) => source.readStream(...args),
    async *readAll(options): AsyncGenerator<readonly SourceEvent[]> {
      let before: readonly SourceEvent[] = [];
      for await (const page of source.readAll(options)) {
        yield page;
        yield [...before, ...page];
        before = page;
      }
    },
    async *subscribeAll(options): AsyncGenerator<SourceChunk> {
      let before: readonly SourceEvent[] = [];
      for await (const { events, upTo } of source.subscribeAll(options)) {
        yield { events, upTo };
        yield { events: [...before, ...events], upTo };
        before = events;
      }
    },
  };
}
