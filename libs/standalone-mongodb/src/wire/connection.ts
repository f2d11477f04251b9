import type { Socket } from 'node:net';
import type { Doc } from '../bson/document.js';
import { errorReply } from './reply.js';
import { MongoError, CODES } from '../errors.js';
import { TooDeep } from '../bson/validate.js';
import { FrameReader } from './frame-reader.js';
import { InvalidBson, OP_MSG, parseFrame, replyFrame, type Request } from './message.js';

/** A client that takes nothing of its answer for so long is cut off. */
const STALLED_MS = 120_000;

export type Handler = (request: Request) => Promise<Doc>;
/** The body of the request that follows an answered one by itself. */
export type Follower = (request: Request, reply: Doc) => Doc | undefined;

/**
 * Answers a socket's frames one after the other, as mongod does for a connection. It reads no further while a frame waits, and
 * makes no further answer before the last one was taken: a client costs one message and one answer.
 */
export class Connection {
  readonly #reader = new FrameReader();
  #frames: Buffer[] = [];
  #busy = false;

  constructor(
    private readonly socket: Socket,
    private readonly handle: Handler,
    private readonly follow: Follower,
  ) {
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('error', () => socket.destroy());
  }

  #receive(chunk: Buffer): void {
    try {
      this.#frames.push(...this.#reader.push(chunk));
    } catch {
      this.socket.destroy();
      return;
    }
    if (this.#frames.length === 0) return;
    if (this.#busy) this.socket.pause();
    else void this.#work();
  }

  async #work(): Promise<void> {
    this.#busy = true;
    try {
      for (let frame = this.#frames.shift(); frame !== undefined; frame = this.#frames.shift()) {
        await this.#serve(frame);
      }
    } catch {
      this.socket.destroy();
    } finally {
      this.#busy = false;
      this.socket.resume();
    }
  }

  #drained(): Promise<void> {
    return new Promise((resolve) => {
      const stalled = setTimeout(() => this.socket.destroy(), STALLED_MS);
      const done = (): void => {
        clearTimeout(stalled);
        this.socket.off('drain', done).off('close', done);
        resolve();
      };
      this.socket.on('drain', done).on('close', done);
    });
  }

  async #serve(frame: Buffer): Promise<void> {
    let request: Request | undefined;
    try {
      request = parseFrame(frame);
    } catch (error) {
      if (!(error instanceof InvalidBson) || frame.readInt32LE(12) !== OP_MSG) throw error;
      const codeName = error instanceof TooDeep ? 'Overflow' : 'InvalidBSON';
      const reply = errorReply(new MongoError(CODES[codeName], codeName, error.message));
      await this.#send(replyFrame({ requestId: frame.readInt32LE(4), opCode: OP_MSG }, reply));
    }
    while (request !== undefined && !this.socket.destroyed) request = await this.#answer(request);
  }

  /** Answers a request; resolves to the one that follows by itself, if one does. */
  async #answer(request: Request): Promise<Request | undefined> {
    const reply = await this.handle(request);
    if (request.silent) return undefined;
    const body = this.follow(request, reply);
    const frame = replyFrame(request, reply, body !== undefined);
    await this.#send(frame);
    return body && { ...request, body, requestId: frame.readInt32LE(4) };
  }

  async #send(frame: Buffer): Promise<void> {
    if (!this.socket.destroyed && !this.socket.write(frame)) await this.#drained();
  }
}
