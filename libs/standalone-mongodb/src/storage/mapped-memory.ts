import { closeSync, openSync, readSync } from 'node:fs';

const PAGE_BYTES = 4096;
const SHARED_FIELD = 2;

/**
 * How much of its files this process has mapped in. On Linux the kernel says so (all files of the process together, which costs
 * two microseconds); elsewhere it is estimated from what was touched.
 */
export class MappedMemory {
  readonly #statm = openStatm();
  readonly #text = Buffer.alloc(128);
  #base: number;
  #touchedPages = 0;

  constructor(private readonly limitBytes: number) {
    this.#base = this.#residentBytes();
  }

  touched(pages: number): void {
    this.#touchedPages += pages;
  }

  /** Whether what was mapped in since the last reset is beyond the limit. */
  get isExceeded(): boolean {
    const resident = this.#residentBytes();
    // Another user of files in this process may have let go of some.
    this.#base = Math.min(this.#base, resident);
    return resident - this.#base > this.limitBytes;
  }

  /** To be called after all was unmapped. */
  reset(): void {
    this.#touchedPages = 0;
    this.#base = this.#residentBytes();
  }

  close(): void {
    if (this.#statm !== undefined) closeSync(this.#statm);
  }

  #residentBytes(): number {
    if (this.#statm === undefined) return this.#touchedPages * PAGE_BYTES;
    const length = readSync(this.#statm, this.#text, 0, this.#text.length, 0);
    return Number(this.#text.toString('latin1', 0, length).split(' ')[SHARED_FIELD]) * PAGE_BYTES;
  }
}

function openStatm(): number | undefined {
  try {
    return openSync('/proc/self/statm', 'r');
  } catch {
    return undefined;
  }
}
