import type { LineCodec } from './line-codec.js';
import type { SpillFile } from './spill-file.js';

/** A sorted stretch of lines in the spill file. */
export interface SpillRun {
  readonly start: number;
  readonly end: number;
}

const LF = 0x0a;

/** Reads a run back line by line, one block of bytes in memory at a time. */
export class SpillRunReader<Line> {
  #lines: string[] = [];
  #next = 0;
  #position: number;
  current: Line | undefined;

  constructor(
    private readonly file: SpillFile,
    private readonly run: SpillRun,
    private readonly blockBytes: number,
    private readonly codec: LineCodec<Line>,
  ) {
    this.#position = run.start;
  }

  /** Moves to the next line without reading, if it is in memory; false when `load` must be called first. */
  tryNext(): boolean {
    if (this.#next >= this.#lines.length) return false;
    this.current = this.codec.decode(this.#lines[this.#next]!);
    this.#next += 1;
    return true;
  }

  /** Reads the next block and moves to its first line; `current` is undefined at the end of the run. */
  async load(): Promise<void> {
    this.current = undefined;
    for (let length = this.blockBytes; this.#position < this.run.end; length *= 2) {
      const block = await this.file.read(this.#position, Math.min(length, this.run.end - this.#position));
      if (block.length === 0) throw new Error('the spill file is shorter than it was written');
      const last = block.lastIndexOf(LF);
      if (last < 0) continue; // a line longer than the block: read a larger one
      this.#position += last + 1;
      this.#lines = block.toString('utf8', 0, last).split('\n');
      this.#next = 0;
      this.tryNext();
      return;
    }
  }
}
