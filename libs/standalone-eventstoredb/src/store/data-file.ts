import {
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';

export const DATA_FILE = 'data.mdb';

/**
 * The two headers of lmdb's file, one for each of the last two commits: a page header of 24 bytes (page number at 0, flags at
 * 18), then u32 magic · u32 version · 16 bytes · two tables of 48 bytes at 24, of free pages (it begins with the u32 page
 * size) and of the other tables · u64 last page at 120 · u64 commit number at 128.
 */
const PAGE_HEAD = 24;
const MAGIC = 0xbeefc0de;
const FLAG_META = 8;
const META_LENGTH = PAGE_HEAD + 144;
const PAGE_SIZES = [4096, 8192, 16384, 32768, 65536];

export interface Header {
  readonly bytes: Buffer;
  readonly pageSize: number;
  readonly lastPage: number;
  readonly commit: number;
  /** As lmdb describes a table: where the trees begin. */
  readonly tables: readonly Buffer[];
}

function headerAt(descriptor: number, offset: number): Header | undefined {
  const bytes = Buffer.alloc(META_LENGTH);
  if (readSync(descriptor, bytes, 0, META_LENGTH, offset) < META_LENGTH) return undefined;
  const pageSize = bytes.readUInt32LE(PAGE_HEAD + 24);
  const known = bytes.readUInt32LE(PAGE_HEAD) === MAGIC && (bytes.readUInt16LE(18) & FLAG_META) !== 0;
  if (!known || !PAGE_SIZES.includes(pageSize)) return undefined;
  const lastPage = Number(bytes.readBigUInt64LE(PAGE_HEAD + 120));
  const tables = [24, 72].map((at) => bytes.subarray(PAGE_HEAD + at, PAGE_HEAD + at + 48));
  return { bytes, pageSize, lastPage, commit: Number(bytes.readBigUInt64LE(PAGE_HEAD + 128)), tables };
}

/** The header of the second page; without the first, its place is known by the page size it names itself. */
function secondHeader(descriptor: number, first: Header | undefined): Header | undefined {
  const sizes = first === undefined ? PAGE_SIZES : [first.pageSize];
  for (const size of sizes) {
    const header = headerAt(descriptor, size);
    if (header?.pageSize === size) return header;
  }
  return undefined;
}

/** That of the latest commit, if there is one. */
export function newestHeader(descriptor: number): Header | undefined {
  const first = headerAt(descriptor, 0);
  const second = secondHeader(descriptor, first);
  return (second?.commit ?? -1) > (first?.commit ?? -1) ? second : first;
}

export interface Checked {
  /** Length that the file had, if it ends before the last page in use: everything in it should be verified. */
  readonly cutOffAt?: number;
}

/**
 * Looks at the data file before lmdb does, which ends the process on a file that is damaged. A header that was half-written
 * belongs to a commit that nobody was told of: it is replaced by that of the commit before. A file that ends too early is
 * made as long as it should be (lmdb does not always write pages that are free). Throws, in words, on what can't be used.
 */
export function checkDataFile(dataDir: string): Checked {
  const path = join(dataDir, DATA_FILE);
  if (!existsSync(path)) return {};
  const descriptor = openSync(path, 'r+');
  try {
    const { size } = fstatSync(descriptor);
    const first = headerAt(descriptor, 0);
    const second = secondHeader(descriptor, first);
    const newest = (second?.commit ?? -1) > (first?.commit ?? -1) ? second : first;
    if (newest === undefined) return withoutHeaders(path, size);
    if (first === undefined || second === undefined) mend(descriptor, newest, first === undefined ? 0 : 1, path);
    const needed = (newest.lastPage + 1) * newest.pageSize;
    if (size >= needed) return {};
    ftruncateSync(descriptor, needed);
    return { cutOffAt: size };
  } finally {
    closeSync(descriptor);
  }
}

function withoutHeaders(path: string, size: number): Checked {
  const onlyHeaders = PAGE_SIZES[0]! * 2;
  if (size > onlyHeaders) {
    throw new Error(`${path} can't be read: both of its headers are damaged. Restore the folder from a backup.`);
  }
  // A new file whose first write was cut off; events come behind the headers, so it has none.
  rmSync(path);
  return {};
}

function mend(descriptor: number, good: Header, page: number, path: string): void {
  console.error(`${path}: a header was half-written, as by a power cut; going on with commit ${good.commit}`);
  const copy = Buffer.from(good.bytes);
  copy.writeBigUInt64LE(BigInt(page), 0);
  writeSync(descriptor, copy, 0, copy.length, page * good.pageSize);
  fsyncSync(descriptor);
}

/** Gives a cut-off file the length back that it had. */
export function cutOffAgain(dataDir: string, length: number): void {
  const descriptor = openSync(join(dataDir, DATA_FILE), 'r+');
  try {
    ftruncateSync(descriptor, length);
  } finally {
    closeSync(descriptor);
  }
}
