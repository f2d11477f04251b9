/** Random choices that a seed repeats. */
export class Random {
  #state;

  constructor(seed) {
    this.#state = seed >>> 0;
  }

  /** A number from 0 up to, but not including, `below`. */
  int(below) {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  }

  chance(probability) {
    return this.int(1_000_000) < probability * 1_000_000;
  }

  pick(list) {
    return list[this.int(list.length)];
  }

  bytes(below) {
    return Buffer.from(Uint8Array.from({ length: this.int(below) }, () => this.int(256)));
  }

  /** Bytes of any length at little cost. */
  filler(length) {
    return Buffer.alloc(length, Buffer.from([this.int(256), this.int(256), this.int(256)]));
  }
}
