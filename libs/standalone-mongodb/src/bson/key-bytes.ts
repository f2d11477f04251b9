/** A stretch of bytes that is a key. lmdb is handed it as it is, so that no key needs a buffer of its own. */
export class KeyBytes {
  bytes: Buffer;
  start = 0;
  end = 0;

  constructor(size: number) {
    this.bytes = Buffer.allocUnsafeSlow(size);
  }

  /** Looks at other bytes from now on. */
  at(bytes: Buffer, start: number, end: number): this {
    this.bytes = bytes;
    this.start = start;
    this.end = end;
    return this;
  }

  room(count: number): void {
    if (this.end + count <= this.bytes.length) return;
    const next = Buffer.allocUnsafeSlow(Math.max(this.bytes.length * 2, this.end + count));
    this.bytes.copy(next, 0, 0, this.end);
    this.bytes = next;
  }

  /** Appends bytes; what is short is copied faster without a call. */
  append(source: Uint8Array, start: number, end: number): void {
    this.room(end - start);
    const { bytes } = this;
    let at = this.end;
    for (let i = start; i < end; i += 1) bytes[at++] = source[i] as number;
    this.end = at;
  }

  copy(): Buffer {
    return Buffer.from(this.bytes.subarray(this.start, this.end));
  }
}

/** FNV-1a over the key's bytes. */
export function hashOf({ bytes, start, end }: KeyBytes): number {
  let hash = 0x811c9dc5;
  for (let i = start; i < end; i += 1) hash = Math.imul(hash ^ (bytes[i] as number), 0x01000193);
  // The low bits choose the bucket: let the high ones count, too.
  return hash ^ (hash >>> 15);
}

/** How lmdb writes and reads keys: buffers as they are, and `KeyBytes`. */
export const keyEncoder = {
  writeKey(key: Buffer | KeyBytes, target: Uint8Array, at: number): number {
    if (!(key instanceof KeyBytes)) {
      target.set(key, at);
      return at + key.length;
    }
    const { bytes, start, end } = key;
    // As `set` does: what has no room is not half written.
    if (at + end - start > target.length) throw new RangeError('offset is out of bounds');
    let to = at;
    for (let i = start; i < end; i += 1) target[to++] = bytes[i] as number;
    return to;
  },
  readKey(source: Uint8Array, start: number, end: number): Uint8Array {
    return Uint8Array.prototype.slice.call(source, start, end);
  },
};
