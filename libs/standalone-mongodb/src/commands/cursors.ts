import { randomBytes } from 'node:crypto';
import { docOf, type PlainObject } from '../bson/build.js';
import { Arr, Doc } from '../bson/document.js';
import { encodeDoc } from '../bson/encode.js';
import { fail, inContext } from '../errors.js';
import { MAX_DOCUMENT_BYTES } from '../wire/message.js';

const IDLE_MS = 10 * 60 * 1000;
const SWEEP_MS = 4000;
const SLICE_MS = 8;
/** mongod takes 16 KiB more than a stored document may have. */
const MAX_RESULT_BYTES = MAX_DOCUMENT_BYTES + 16 * 1024;
const DEFAULT_FIRST_BATCH = 101;

/** A result that is handed out batch by batch. */
export class Cursor {
  readonly #items: Iterator<Doc | null>;
  #held: Buffer | undefined;
  #given = 0;
  usedAt = Date.now();
  busy = false;
  exhausted = false;
  /** The client asked for it (noCursorTimeout). */
  staysOpen = false;

  constructor(
    readonly namespace: string,
    items: Iterable<Doc | null>,
    /** 0: no limit. */
    private readonly limit = 0,
    private readonly deadline: number | undefined = undefined,
    /** What an error on the way is an error of: `Executor error during find command: db.coll`. */
    public context: string | undefined = undefined,
  ) {
    this.#items = items[Symbol.iterator]();
  }

  /** As `collect`, with errors in the cursor's context. */
  async batch(count: number): Promise<Arr> {
    try {
      return await this.#collect(count);
    } catch (error) {
      throw this.context === undefined ? error : inContext(this.context, error);
    }
  }

  /** Up to `count` documents (0: as many as fit) and 16 MiB; lets other commands run in between. */
  async #collect(count: number): Promise<Arr> {
    const docs: Doc[] = [];
    let bytes = 0;
    let since = performance.now();
    while (!this.exhausted && (count === 0 || docs.length < count)) {
      const next = this.#held ?? this.#next();
      this.#held = undefined;
      if (next === undefined) break;
      if (next === null) {
        this.#checkTime();
        if (performance.now() - since > SLICE_MS) {
          await new Promise((resolve) => setImmediate(resolve));
          since = performance.now();
        }
        continue;
      }
      if (docs.length > 0 && bytes + next.length > MAX_DOCUMENT_BYTES) {
        this.#held = next;
        break;
      }
      docs.push(Doc.raw(next));
      bytes += next.length;
      this.#given += 1;
      if (this.limit > 0 && this.#given >= this.limit) this.exhausted = true;
    }
    return Arr.of(docs);
  }

  #next(): Buffer | null | undefined {
    const { done, value } = this.#items.next();
    if (done === true) {
      this.exhausted = true;
      return undefined;
    }
    return value === null ? null : sized(encodeDoc(value));
  }

  #checkTime(): void {
    if (this.deadline !== undefined && Date.now() > this.deadline) {
      fail('MaxTimeMSExpired', 'operation exceeded time limit');
    }
  }

  close(): void {
    this.exhausted = true;
    this.#items.return?.();
  }
}

/** Documents on their way may be large; one that a client is to get may not. */
function sized(bytes: Buffer): Buffer {
  if (bytes.length <= MAX_RESULT_BYTES) return bytes;
  const size = `${bytes.length} (0x${bytes.length.toString(16).toUpperCase()})`;
  return fail(
    'BSONObjectTooLarge',
    `BSONObj size: ${size} is invalid. Size must be between 0 and ${MAX_RESULT_BYTES}(16MB)`,
  );
}

/** The open cursors by id. */
export class Cursors {
  readonly #open = new Map<bigint, Cursor>();
  readonly #sweep = setInterval(() => this.#closeIdle(), SWEEP_MS);
  /** A cursor that nobody asks for so long is closed. */
  idleMs = IDLE_MS;

  constructor() {
    this.#sweep.unref();
  }

  get size(): number {
    return this.#open.size;
  }

  /** The first batch, and the cursor kept open if there is more. */
  async first(cursor: Cursor, batchSize: number | undefined, singleBatch: boolean): Promise<PlainObject> {
    const firstBatch = batchSize === 0 ? Arr.of([]) : await cursor.batch(batchSize ?? DEFAULT_FIRST_BATCH);
    let id = 0n;
    if (singleBatch) cursor.close();
    else if (!cursor.exhausted) id = this.#keep(cursor);
    return { cursor: docOf({ firstBatch, id, ns: cursor.namespace }) };
  }

  #keep(cursor: Cursor): bigint {
    let id = 0n;
    while (id === 0n || this.#open.has(id)) id = randomBytes(8).readBigInt64LE() & 0x7fffffffffffffffn;
    this.#open.set(id, cursor);
    return id;
  }

  has(id: bigint): boolean {
    return this.#open.has(id);
  }

  async more(id: bigint, namespace: string, batchSize: number | undefined): Promise<PlainObject> {
    const cursor = this.#open.get(id);
    if (cursor === undefined) return fail('CursorNotFound', `cursor id ${id} not found`);
    if (cursor.namespace !== namespace) {
      fail(
        'Unauthorized',
        `Requested getMore on namespace '${namespace}', but cursor belongs to a different namespace ${cursor.namespace}`,
      );
    }
    if (cursor.busy) fail('CursorInUse', `cursor id ${id} is already in use`);
    cursor.busy = true;
    cursor.context = 'Executor error during getMore';
    try {
      const nextBatch = await cursor.batch(batchSize ?? 0);
      cursor.usedAt = Date.now();
      if (cursor.exhausted) this.#open.delete(id);
      return { cursor: docOf({ nextBatch, id: cursor.exhausted ? 0n : id, ns: namespace }) };
    } catch (error) {
      this.kill(id);
      throw error;
    } finally {
      cursor.busy = false;
    }
  }

  kill(id: bigint): boolean {
    const cursor = this.#open.get(id);
    this.#open.delete(id);
    cursor?.close();
    return cursor !== undefined;
  }

  #closeIdle(): void {
    for (const [id, cursor] of this.#open) {
      const isIdle = !cursor.busy && Date.now() - cursor.usedAt > this.idleMs;
      if (isIdle && !cursor.staysOpen) this.kill(id);
    }
  }

  close(): void {
    clearInterval(this.#sweep);
    for (const id of this.#open.keys()) this.kill(id);
  }
}
