import { BrokenFrame, MAX_MESSAGE_BYTES } from './message.js';

export const HEADER_BYTES = 16;
/** A frame that is not whole is given room as its bytes come, so that a length alone costs nothing. */
const FIRST_ROOM_BYTES = 1024 * 1024;

/** Cuts a stream of bytes into frames; what lies whole within a chunk is not copied. */
export class FrameReader {
  #room = Buffer.allocUnsafe(HEADER_BYTES);
  #filled = 0;

  /** The frames that a chunk completes. Throws BrokenFrame for a length that no message has. */
  push(chunk: Buffer): Buffer[] {
    const frames: Buffer[] = [];
    let at = 0;
    while (at < chunk.length) {
      if (this.#filled === 0 && chunk.length - at >= HEADER_BYTES) {
        const end = at + lengthOf(chunk, at);
        if (end <= chunk.length) {
          frames.push(chunk.subarray(at, end));
          at = end;
          continue;
        }
      }
      at = this.#take(chunk, at, frames);
    }
    return frames;
  }

  /** Takes what is missing of the header, or of the frame. */
  #take(chunk: Buffer, start: number, frames: Buffer[]): number {
    let at = start;
    if (this.#filled < HEADER_BYTES) at = this.#fill(chunk, at, HEADER_BYTES);
    if (this.#filled < HEADER_BYTES) return at;
    const length = lengthOf(this.#room, 0);
    this.#makeRoom(length, chunk.length - at);
    at = this.#fill(chunk, at, length);
    if (this.#filled === length) {
      frames.push(this.#room.subarray(0, length));
      this.#room = Buffer.allocUnsafe(HEADER_BYTES);
      this.#filled = 0;
    }
    return at;
  }

  #fill(chunk: Buffer, at: number, until: number): number {
    const count = Math.min(until - this.#filled, chunk.length - at);
    chunk.copy(this.#room, this.#filled, at, at + count);
    this.#filled += count;
    return at + count;
  }

  #makeRoom(length: number, more: number): void {
    const needed = Math.min(length, this.#filled + more);
    if (needed <= this.#room.length) return;
    const next = Buffer.allocUnsafeSlow(Math.min(length, Math.max(needed, this.#room.length * 2, FIRST_ROOM_BYTES)));
    this.#room.copy(next, 0, 0, this.#filled);
    this.#room = next;
  }
}

function lengthOf(buf: Buffer, at: number): number {
  const length = buf.readInt32LE(at);
  if (length < HEADER_BYTES || length > MAX_MESSAGE_BYTES) throw new BrokenFrame(`bad message length ${length}`);
  return length;
}
