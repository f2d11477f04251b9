import { randomBytes } from 'node:crypto';
import { closeSync, openSync, readSync, writeSync } from 'node:fs';

const PAGE = 4096;
/** In a header page of lmdb: the last page in use, and the number of the commit. */
const LAST_PAGE_AT = 144;
const COMMIT_AT = 152;

/**
 * Leaves an lmdb file as a power cut in the middle of the next commit may: its last page half-written behind what is in use,
 * or its header, which takes the place of the older of the two, half-written. Of such a commit nobody has been told.
 * @param {'page' | 'header'} what
 */
export function tear(path, what) {
  const descriptor = openSync(path, 'r+');
  try {
    const headers = [0, 1].map((page) => {
      const bytes = Buffer.alloc(PAGE);
      readSync(descriptor, bytes, 0, PAGE, page * PAGE);
      return { page, commit: bytes.readBigUInt64LE(COMMIT_AT), lastPage: Number(bytes.readBigUInt64LE(LAST_PAGE_AT)) };
    });
    const [older, newest] = headers.sort((a, b) => (a.commit < b.commit ? -1 : 1));
    const garbage = randomBytes(1 + Math.floor(Math.random() * (PAGE / 2)));
    const at = what === 'page' ? (newest.lastPage + 1) * PAGE : older.page * PAGE + 8;
    writeSync(descriptor, garbage, 0, what === 'page' ? garbage.length : Math.min(garbage.length, PAGE - 8), at);
  } finally {
    closeSync(descriptor);
  }
}
