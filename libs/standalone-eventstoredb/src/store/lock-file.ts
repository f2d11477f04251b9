import { closeSync, constants, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';

const LOCK_FILE = 'lock.mdb';
const PAGE_BYTES = 4096;
/** More than lmdb's table of readers takes. */
const LENGTH = 16 * PAGE_BYTES;
const EMPTY = Buffer.alloc(PAGE_BYTES);

/**
 * Gives lmdb's lock file its space on the disk before lmdb maps it: on a full disk the system ends a process that writes
 * to a mapped page for which there is none. Throws the system's error when there is no space.
 */
export function reserveLockFile(dataDir: string): void {
  const path = join(dataDir, LOCK_FILE);
  const descriptor = openSync(path, constants.O_RDWR | constants.O_CREAT, 0o664);
  try {
    const { size, blocks } = fstatSync(descriptor);
    const length = Math.max(size, LENGTH);
    // `blocks` is missing where the system doesn't tell.
    if (size === length && (blocks ?? Infinity) * 512 >= length) return;
    const page = Buffer.alloc(PAGE_BYTES);
    for (let at = 0; at < length; at += PAGE_BYTES) {
      const read = readSync(descriptor, page, 0, PAGE_BYTES, at);
      // What is not empty has its space, and may belong to somebody who reads the file right now.
      if (page.subarray(0, read).every((byte) => byte === 0)) writeSync(descriptor, EMPTY, 0, PAGE_BYTES, at);
    }
  } finally {
    closeSync(descriptor);
  }
}
