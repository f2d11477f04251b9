import type { LineCodec } from './line-codec.js';

/**
 * Numbers identical lines (all fields as read) from 0. Lines must come sorted: identical ones are then in one group of the same
 * stream and order, and only that group is remembered.
 */
export class LineOrdinals<Line> {
  #stream: string | undefined;
  #order: string | undefined;
  #seen = new Map<string, number>();

  constructor(private readonly codec: LineCodec<Line>) {}

  next(line: Line): number {
    const [stream, order] = [this.codec.streamOf(line), this.codec.orderOf(line)];
    if (stream !== this.#stream || order !== this.#order) {
      this.#stream = stream;
      this.#order = order;
      this.#seen = new Map();
    }
    const key = this.codec.identityOf(line);
    const ordinal = this.#seen.get(key) ?? 0;
    this.#seen.set(key, ordinal + 1);
    return ordinal;
  }
}
