import type { Socket } from 'node:net';
import type { Doc } from '../bson/document.js';
import { errorReply } from './reply.js';
import { MongoError, CODES } from '../errors.js';
import {
  BrokenFrame,
  InvalidBson,
  MAX_MESSAGE_BYTES,
  OP_MSG,
  parseFrame,
  replyFrame,
  type Request,
} from './message.js';

const HEADER_BYTES = 16;

export type Handler = (request: Request) => Promise<Doc>;

/** Cuts a socket's bytes into frames and answers them one after the other, as mongod does for a connection. */
export class Connection {
  #parts: Buffer[] = [];
  #bytes = 0;
  #frames: Buffer[] = [];
  #busy = false;

  constructor(
    private readonly socket: Socket,
    private readonly handle: Handler,
  ) {
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('error', () => socket.destroy());
  }

  #receive(chunk: Buffer): void {
    this.#parts.push(chunk);
    this.#bytes += chunk.length;
    try {
      this.#cut();
    } catch {
      this.socket.destroy();
      return;
    }
    if (!this.#busy) void this.#work();
  }

  /** Joins what arrived only when a whole frame is there: a 48 MB message comes in thousands of chunks. */
  #cut(): void {
    while (this.#bytes >= HEADER_BYTES) {
      if ((this.#parts[0] as Buffer).length < HEADER_BYTES) this.#parts = [Buffer.concat(this.#parts)];
      const first = this.#parts[0] as Buffer;
      const length = first.readInt32LE(0);
      if (length < HEADER_BYTES || length > MAX_MESSAGE_BYTES) throw new BrokenFrame(`bad message length ${length}`);
      if (this.#bytes < length) return;
      const all = this.#parts.length === 1 ? first : Buffer.concat(this.#parts);
      this.#frames.push(all.subarray(0, length));
      this.#bytes -= length;
      this.#parts = this.#bytes > 0 ? [all.subarray(length)] : [];
    }
  }

  async #work(): Promise<void> {
    this.#busy = true;
    try {
      for (let frame = this.#frames.shift(); frame !== undefined; frame = this.#frames.shift()) {
        const reply = await this.#answer(frame);
        if (reply !== undefined && !this.socket.destroyed) this.socket.write(reply);
      }
    } catch {
      this.socket.destroy();
    } finally {
      this.#busy = false;
    }
  }

  async #answer(frame: Buffer): Promise<Buffer | undefined> {
    let request: Request;
    try {
      request = parseFrame(frame);
    } catch (error) {
      if (!(error instanceof InvalidBson) || frame.readInt32LE(12) !== OP_MSG) throw error;
      const reply = errorReply(new MongoError(CODES.InvalidBSON, 'InvalidBSON', error.message));
      return replyFrame({ requestId: frame.readInt32LE(4), opCode: OP_MSG }, reply);
    }
    const reply = await this.handle(request);
    return request.silent ? undefined : replyFrame(request, reply);
  }
}
