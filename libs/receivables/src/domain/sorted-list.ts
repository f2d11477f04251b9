const CHUNK_LIMIT = 512;

/**
 * Values in the order of a comparator, in chunks of at most 512: thousands of open items stay cheap to insert, to
 * remove and to walk from the first, in any order of arrival. No two values may compare equal.
 */
export class SortedList<T> implements Iterable<T> {
  readonly #chunks: T[][] = [];
  readonly #compare: (a: T, b: T) => number;
  #size = 0;

  constructor(compare: (a: T, b: T) => number) {
    this.#compare = compare;
  }

  get size(): number {
    return this.#size;
  }

  insert(value: T): void {
    this.#size += 1;
    if (this.#chunks.length === 0) {
      this.#chunks.push([value]);
      return;
    }
    const at = Math.min(this.#chunkOf(value), this.#chunks.length - 1);
    const chunk = this.#chunks[at]!;
    chunk.splice(this.#indexIn(chunk, value), 0, value);
    if (chunk.length > CHUNK_LIMIT) this.#chunks.splice(at + 1, 0, chunk.splice(CHUNK_LIMIT / 2));
  }

  /** @returns whether the value was in the list */
  remove(value: T): boolean {
    const at = this.#chunkOf(value);
    const chunk = this.#chunks[at];
    if (!chunk) return false;
    const index = this.#indexIn(chunk, value);
    if (chunk[index] !== value) return false;
    chunk.splice(index, 1);
    if (chunk.length === 0) this.#chunks.splice(at, 1);
    this.#size -= 1;
    return true;
  }

  *[Symbol.iterator](): Generator<T> {
    for (const chunk of this.#chunks) yield* chunk;
  }

  /** Index of the first chunk whose last value is not before `value`. */
  #chunkOf(value: T): number {
    return lowerBound(this.#chunks.length, (i) => this.#compare(this.#chunks[i]!.at(-1)!, value) < 0);
  }

  #indexIn(chunk: readonly T[], value: T): number {
    return lowerBound(chunk.length, (i) => this.#compare(chunk[i]!, value) < 0);
  }
}

function lowerBound(length: number, isBefore: (index: number) => boolean): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isBefore(middle)) low = middle + 1;
    else high = middle;
  }
  return low;
}
