import { randomUUID } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readdirSync, readSync, rmSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { Doc } from '../bson/document.js';
import { encodeDoc } from '../bson/encode.js';
import { CODES, MongoError } from '../errors.js';
import { RID_BYTES } from './environment.js';

const MEBIBYTE = 1024 * 1024;
const BLOCK_BYTES = 256 * 1024;

/** What sorts and groups may hold in memory, and where they put what is more. */
export interface WorkSpace {
  /** For temporary files; undefined: nothing goes to disk. */
  readonly folder: string | undefined;
  readonly sortBytes: number;
  readonly groupBytes: number;
  /** What all sorts of the server hold in memory together, those of waiting cursors included. */
  readonly held: { bytes: number };
}

/** mongod's limits, and no disk. */
export const IN_MEMORY: WorkSpace = {
  ...{ folder: undefined, sortBytes: 100 * MEBIBYTE, groupBytes: 100 * MEBIBYTE },
  held: { bytes: 0 },
};

/** The folder of a server's temporary files, emptied of what a killed one left. */
export function emptyFolder(dataDir: string): string {
  const folder = join(dataDir, '_tmp');
  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync(folder)) rmSync(join(folder, name));
  return folder;
}

export interface Spilled {
  readonly rid: number;
  readonly doc: Doc;
}

/** A stretch of a spill file. */
export interface Run {
  readonly start: number;
  readonly end: number;
}

const FULL: readonly unknown[] = ['ENOSPC', 'EFBIG', 'EDQUOT', 'EIO'];

/** mongod's error when there is no room on the disk. */
function refused(error: unknown): unknown {
  const { code, message } = error as NodeJS.ErrnoException;
  if (!FULL.includes(code)) return error;
  return new MongoError(CODES.OutOfDiskSpace, 'OutOfDiskSpace', `what memory does not hold was not stored: ${message}`);
}

/** Documents in a temporary file without a name, which is gone when it is closed, or with the process. */
export class SpillFile {
  readonly #file: number;
  #size = 0;
  #pending: Buffer[] = [];
  #pendingBytes = 0;

  constructor(folder: string) {
    const path = join(folder, randomUUID());
    this.#file = openSync(path, 'wx+', 0o600);
    unlinkSync(path);
  }

  /** Where the next document goes. */
  get end(): number {
    return this.#size + this.#pendingBytes;
  }

  add({ rid, doc }: Spilled): void {
    const number = Buffer.alloc(RID_BYTES);
    number.writeUIntBE(rid, 0, RID_BYTES);
    const bytes = encodeDoc(doc);
    this.#pending.push(number, bytes);
    this.#pendingBytes += number.length + bytes.length;
    if (this.#pendingBytes > MEBIBYTE) this.#flush();
  }

  #flush(): void {
    const bytes = Buffer.concat(this.#pending);
    try {
      for (let at = 0; at < bytes.length;) at += writeSync(this.#file, bytes, at, bytes.length - at, this.#size + at);
    } catch (error) {
      throw refused(error);
    }
    this.#size += bytes.length;
    this.#pending = [];
    this.#pendingBytes = 0;
  }

  /** The documents of a stretch, in the order in which they were added. */
  *read({ start, end }: Run): Generator<Spilled> {
    if (this.#pendingBytes > 0) this.#flush();
    let buffer: Buffer = Buffer.alloc(0);
    let from = start;
    const fill = (bytes: number): void => {
      if (buffer.length >= bytes) return;
      const more = Buffer.allocUnsafe(Math.min(end - from, Math.max(BLOCK_BYTES, bytes - buffer.length)));
      for (let at = 0; at < more.length;) at += readSync(this.#file, more, at, more.length - at, from + at);
      from += more.length;
      buffer = Buffer.concat([buffer, more]);
    };
    while (buffer.length > 0 || from < end) {
      fill(RID_BYTES + 4);
      const length = buffer.readInt32LE(RID_BYTES);
      fill(RID_BYTES + length);
      const doc = Doc.raw(buffer.subarray(RID_BYTES, RID_BYTES + length));
      yield { rid: buffer.readUIntBE(0, RID_BYTES), doc };
      buffer = buffer.subarray(RID_BYTES + length);
    }
  }

  close(): void {
    closeSync(this.#file);
  }
}
