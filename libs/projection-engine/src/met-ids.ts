/** A mebibyte: of a million ids one in two hundred is taken for one that was met before; of a hundred thousand, hardly one. */
const BITS = 2 ** 23;
const PROBES = 4;
const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;
const SECOND_PRIME = 0x85ebca6b;

/** Remembers which ids it was asked for, in a bounded space (a Bloom filter): an id that it calls new surely is. */
export class MetIds {
  private bits: Uint8Array | undefined;

  /** True the first time that it is asked for an id, but for a few that it takes for others; false ever after. */
  isFirst(id: string): boolean {
    // Many projections are opened for nothing.
    const bits = (this.bits ??= new Uint8Array(BITS / 8));
    const { first, second } = hashed(id);
    let isNew = false;
    for (let probe = 0; probe < PROBES; probe += 1) {
      const bit = (first + Math.imul(probe, second)) & (BITS - 1);
      const mask = 1 << (bit & 7);
      if ((bits[bit >>> 3]! & mask) !== 0) continue;
      isNew = true;
      bits[bit >>> 3]! |= mask;
    }
    return isNew;
  }
}

/** Two hashes that know little of each other; the second is odd, so that probes differ. */
function hashed(id: string): { first: number; second: number } {
  let hash = FNV_OFFSET;
  for (let n = 0; n < id.length; n += 1) hash = Math.imul(hash ^ id.charCodeAt(n), FNV_PRIME);
  const mixed = Math.imul(hash ^ (hash >>> 15), SECOND_PRIME);
  return { first: (mixed ^ (mixed >>> 13)) >>> 0, second: (Math.imul(mixed, FNV_PRIME) >>> 9) | 1 };
}
