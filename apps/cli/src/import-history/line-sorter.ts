import type { LineCodec } from './line-codec.js';
import { SpillFile } from './spill-file.js';
import { SpillRunReader } from './spill-run.js';
import type { SpillRun } from './spill-run.js';

export interface SorterLimits {
  /** Lines held in memory before they are sorted and spilled. */
  readonly lines: number;
  /** Characters of their fields held in memory, for files with long fields. */
  readonly characters: number;
  /** Bytes of spilled runs in memory while merging, over all runs. */
  readonly mergeBytes: number;
}

const LIMITS: SorterLimits = { lines: 65_536, characters: 8_388_608, mergeBytes: 4_194_304 };
const BATCH_LINES = 1024;

/**
 * Sorts lines by stream, then their order within it, then their place in the file, however many there are: what does not fit
 * into memory is spilled as sorted runs, which are merged when read. Call `close` in any case.
 */
export class LineSorter<Line> {
  readonly #limits: SorterLimits;
  #streams = new Map<string, Line[]>();
  #lines = 0;
  #characters = 0;
  #file: SpillFile | undefined;
  readonly #runs: SpillRun[] = [];

  constructor(
    private readonly codec: LineCodec<Line>,
    limits: Partial<SorterLimits> = {},
  ) {
    this.#limits = { ...LIMITS, ...limits };
  }

  /** Lines must be added in the order of the file. Returns a promise when memory was full and a run is being spilled. */
  add(line: Line): Promise<void> | undefined {
    const stream = this.codec.streamOf(line);
    const ofStream = this.#streams.get(stream);
    if (ofStream) ofStream.push(line);
    else this.#streams.set(stream, [line]);
    this.#lines += 1;
    this.#characters += this.codec.charactersOf(line);
    return this.#lines >= this.#limits.lines || this.#characters >= this.#limits.characters ? this.#spill() : undefined;
  }

  get runs(): number {
    return this.#runs.length;
  }

  /** All lines in order, in batches. */
  async *sorted(): AsyncGenerator<Line[]> {
    if (this.#runs.length === 0) {
      yield* this.#sortedInMemory();
      return;
    }
    if (this.#lines > 0) await this.#spill();
    yield* this.#merged(this.#file!);
  }

  async close(): Promise<void> {
    this.#streams.clear();
    await this.#file?.close();
    this.#file = undefined;
  }

  async #spill(): Promise<void> {
    const sorted = [...this.#sortedInMemory()];
    this.#streams = new Map();
    this.#lines = 0;
    this.#characters = 0;
    this.#file ??= await SpillFile.create();
    let start: number | undefined;
    let end = 0;
    for (const lines of sorted) {
      const bytes = this.codec.encode(lines);
      const at = await this.#file.append(bytes);
      start ??= at;
      end = at + bytes.length;
    }
    this.#runs.push({ start: start!, end });
  }

  *#sortedInMemory(): Generator<Line[]> {
    let batch: Line[] = [];
    const { orderOf } = this.codec;
    for (const stream of [...this.#streams.keys()].sort()) {
      const lines = this.#streams.get(stream)!;
      if (!isSorted(lines, orderOf)) lines.sort((a, b) => compareText(orderOf(a), orderOf(b)));
      for (const line of lines) {
        batch.push(line);
        if (batch.length < BATCH_LINES) continue;
        yield batch;
        batch = [];
      }
    }
    if (batch.length > 0) yield batch;
  }

  async *#merged(file: SpillFile): AsyncGenerator<Line[]> {
    const blockBytes = Math.max(4096, Math.min(65_536, Math.floor(this.#limits.mergeBytes / this.#runs.length)));
    const readers = this.#runs.map((run) => new SpillRunReader(file, run, blockBytes, this.codec));
    for (const reader of readers) await reader.load();
    const heap = new RunHeap(readers, this.codec);
    let batch: Line[] = [];
    for (let reader = heap.first; reader; reader = heap.first) {
      batch.push(reader.current!);
      if (!reader.tryNext()) await reader.load();
      heap.firstMoved();
      if (batch.length < BATCH_LINES) continue;
      yield batch;
      batch = [];
    }
    if (batch.length > 0) yield batch;
  }
}

/** The runs ordered by their current lines (a binary heap); equal keys in the order of the runs, which is that of the file. */
class RunHeap<Line> {
  readonly #heap: { reader: SpillRunReader<Line>; order: number }[];

  constructor(
    readers: readonly SpillRunReader<Line>[],
    private readonly codec: LineCodec<Line>,
  ) {
    this.#heap = readers.map((reader, order) => ({ reader, order })).filter(({ reader }) => reader.current);
    for (let at = (this.#heap.length >> 1) - 1; at >= 0; at -= 1) this.#sink(at);
  }

  get first(): SpillRunReader<Line> | undefined {
    return this.#heap[0]?.reader;
  }

  /** The first run stands on another line, or at its end. */
  firstMoved(): void {
    if (!this.#heap[0]!.reader.current) {
      const last = this.#heap.pop()!;
      if (this.#heap.length === 0) return;
      this.#heap[0] = last;
    }
    this.#sink(0);
  }

  #sink(from: number): void {
    for (let at = from; ;) {
      let least = at;
      for (const child of [2 * at + 1, 2 * at + 2])
        if (child < this.#heap.length && this.#isBefore(child, least)) least = child;
      if (least === at) return;
      [this.#heap[at], this.#heap[least]] = [this.#heap[least]!, this.#heap[at]!];
      at = least;
    }
  }

  #isBefore(a: number, b: number): boolean {
    const [left, right] = [this.#heap[a]!, this.#heap[b]!];
    const [x, y] = [left.reader.current!, right.reader.current!];
    const { streamOf, orderOf } = this.codec;
    const order = compareText(streamOf(x), streamOf(y)) || compareText(orderOf(x), orderOf(y));
    return order === 0 ? left.order < right.order : order < 0;
  }
}

/** By code units: any total order does, and it is the fastest. */
function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function isSorted<Line>(lines: readonly Line[], orderOf: (line: Line) => string): boolean {
  for (let at = 1; at < lines.length; at += 1) if (orderOf(lines[at - 1]!) > orderOf(lines[at]!)) return false;
  return true;
}
