/** A stretch of a buffer that is a value; null: removed. Good until the next one is looked for. */
export class Stretch {
  buf: Buffer | null = null;
  start = 0;
  end = 0;

  at(buf: Buffer | null, start: number, end: number): this {
    this.buf = buf;
    this.start = start;
    this.end = end;
    return this;
  }
}
