import { memoryOf } from '../bson/memory.js';
import { fail } from '../errors.js';
import { IN_MEMORY, SpillFile, type Run, type Spilled, type WorkSpace } from '../storage/work-space.js';
import type { KeyTuple } from '../storage/index-keys.js';
import { sortKey, tupleComparator, type SortSpec } from './sort.js';

/** A sort with a limit lets go of what it will not need when it holds so much. */
const TRIM_BYTES = 16 * 1024 * 1024;
/** When all sorts together hold too much, one goes to disk with what it has, but not with less than this. */
const LEAST_RUN_BYTES = 4 * 1024 * 1024;
/** While it merges, others may run after so many. */
const PAUSE_AFTER = 256;

interface Sortable {
  readonly key: KeyTuple;
  readonly item: Spilled;
  /** Its place among what was added: equal keys keep their order. */
  readonly at: number;
  readonly bytes: number;
}

/** Collects and sorts; with a limit it keeps only what can still be among the first. What memory does not hold goes to disk in runs. */
export class Sorter {
  #items: Sortable[] = [];
  readonly #compare: (a: KeyTuple, b: KeyTuple) => number;
  readonly #paths: readonly (readonly string[])[];
  #bytes = 0;
  #count = 0;
  #file: SpillFile | undefined;
  readonly #runs: Run[] = [];

  constructor(
    spec: SortSpec,
    private readonly limit: number | undefined,
    private readonly space: WorkSpace = IN_MEMORY,
  ) {
    this.#compare = tupleComparator(spec.fields);
    this.#paths = spec.fields.map((field) => field.parts);
  }

  add(item: Spilled): void {
    const bytes = memoryOf(item.doc);
    this.#items.push({ key: this.#keyOf(item), item, at: this.#count, bytes });
    this.#count += 1;
    this.#hold(bytes);
    const { limit, space } = this;
    if (limit !== undefined && this.#items.length >= 2 * limit) {
      if (this.#items.length >= 2 * limit + 1000 || this.#bytes > Math.min(TRIM_BYTES, space.sortBytes))
        this.#trim(limit);
    }
    if (this.#bytes > space.sortBytes) this.#spill(space.folder);
    else if (this.#bytes > LEAST_RUN_BYTES && this.#isCrowded) this.#spill(space.folder);
  }

  #hold(bytes: number): void {
    this.#bytes += bytes;
    this.space.held.bytes += bytes;
  }

  /** What cursors hold that nobody asks any more for also counts. */
  get #isCrowded(): boolean {
    const { held, sortBytes, folder } = this.space;
    return folder !== undefined && held.bytes > 2 * sortBytes;
  }

  #keyOf({ doc }: Spilled): KeyTuple {
    return sortKey(doc, this.#paths, this.#compare);
  }

  #trim(length: number): void {
    this.#items.sort((a, b) => this.#compare(a.key, b.key) || a.at - b.at);
    if (this.#items.length <= length) return;
    this.#items.length = length;
    this.#hold(this.#items.reduce((sum, { bytes }) => sum + bytes, 0) - this.#bytes);
  }

  #spill(folder: string | undefined): void {
    if (folder === undefined) {
      fail(
        'QueryExceededMemoryLimitNoDiskUseAllowed',
        `Sort exceeded memory limit of ${this.space.sortBytes} bytes, but did not opt in to external sorting.`,
      );
    }
    this.#file ??= new SpillFile(folder);
    this.#trim(this.limit ?? Infinity);
    const start = this.#file.end;
    for (const { item } of this.#items) this.#file.add(item);
    this.#runs.push({ start, end: this.#file.end });
    this.#items = [];
    this.#hold(-this.#bytes);
  }

  /** All in order; `null` now and then while runs are merged. */
  *sorted(): Generator<Spilled | null> {
    this.#trim(this.limit ?? Infinity);
    if (this.#isCrowded && this.#items.length > 1) this.#spill(this.space.folder);
    const file = this.#file;
    if (file === undefined) {
      for (const { item } of this.#items) yield item;
      return;
    }
    const sources = this.#runs.map((run): Iterable<Spilled> => file.read(run));
    sources.push(this.#items.map(({ item }) => item));
    let given = 0;
    for (const item of this.#merge(sources)) {
      if (given === this.limit) return;
      yield item;
      given += 1;
      if (given % PAUSE_AFTER === 0) yield null;
    }
  }

  /** Of equal keys the one of the earlier run goes first. */
  *#merge(sources: readonly Iterable<Spilled>[]): Generator<Spilled> {
    const heads = sources.map((source) => this.#next(source[Symbol.iterator]()));
    for (;;) {
      let first: (typeof heads)[number] | undefined;
      for (const head of heads) {
        if (head.item === undefined) continue;
        if (first?.item === undefined || this.#compare(head.key, first.key) < 0) first = head;
      }
      if (first?.item === undefined) return;
      yield first.item;
      heads[heads.indexOf(first)] = this.#next(first.rest);
    }
  }

  #next(rest: Iterator<Spilled>): { key: KeyTuple; item: Spilled | undefined; rest: Iterator<Spilled> } {
    const { done, value } = rest.next();
    if (done === true) return { key: [], item: undefined, rest };
    return { key: this.#keyOf(value), item: value, rest };
  }

  /** To be called at the end, whether all was taken or not. */
  close(): void {
    this.#file?.close();
    this.#file = undefined;
    this.#hold(-this.#bytes);
  }
}
