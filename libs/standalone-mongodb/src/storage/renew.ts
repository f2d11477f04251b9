import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { open, type Database, type RootDatabase } from 'lmdb';
import { keyEncoder } from '../bson/key-bytes.js';
import { freePageOptions } from './free-pages.js';

const DATA_FILE = 'data.mdb';
const TABLES = ['records', 'indexes', 'meta'];
/** In `meta`: no transaction has ever kept the list of free pages. */
const MARK = Buffer.from('whole list');
const MARKED = Buffer.from([1]);
const BINARY = { keyEncoder, encoding: 'binary' } as const;
/** No key is before it; without a start lmdb leaves out what begins with a byte below 5. */
const LEAST = Buffer.from([0]);
/** What is held in memory of a copy: documents may have 16 MiB each. */
const AT_ONCE = { entries: 20_000, bytes: 16 * 1024 * 1024 };

type Tables = ReadonlyMap<string, Database<Buffer, Buffer>>;

/**
 * Copies what is stored into a new file, once, if the file was written by a version whose list of free pages could name pages that are in use
 * (ADR 0011): what is written next could lie on top of a document. The old file counts until the new one takes its place.
 * Throws, in words, when it cannot be copied (for want of space, as a rule): the old file is as it was then.
 */
export async function renewOldFile(dataDir: string): Promise<void> {
  mkdirSync(dataDir, { recursive: true });
  const path = join(dataDir, DATA_FILE);
  const copyDir = join(dataDir, '_renewed');
  rmSync(copyDir, { recursive: true, force: true });
  if (!existsSync(path)) return mark(dataDir);
  const old = openTables(dataDir, false);
  try {
    if (old.tables.get('meta')?.get(MARK) !== undefined) return;
    console.error(
      `${path} is copied once: it was written by an earlier version, whose list of free pages may be wrong`,
    );
    await copy(old.tables, copyDir);
  } catch (error) {
    throw new Error(`${path} could not be copied: ${(error as Error).message}`, { cause: error });
  } finally {
    await old.root.close();
  }
  renameSync(join(copyDir, DATA_FILE), path);
  sync(dataDir);
  rmSync(copyDir, { recursive: true, force: true });
}

function openTables(
  dataDir: string,
  isNew: boolean,
): { readonly root: RootDatabase<Buffer, Buffer>; readonly tables: Tables } {
  const options = {
    ...BINARY,
    maxDbs: 8,
    overlappingSync: false,
    noSubdir: false,
    eventTurnBatching: false,
    noSync: isNew,
  };
  const root = open<Buffer, Buffer>({ path: dataDir, ...options, ...freePageOptions(false) });
  return { root, tables: new Map(TABLES.map((name) => [name, root.openDB<Buffer, Buffer>(name, BINARY)])) };
}

async function mark(dataDir: string): Promise<void> {
  const { root, tables } = openTables(dataDir, false);
  tables.get('meta')?.putSync(MARK, MARKED);
  await root.close();
}

async function copy(from: Tables, copyDir: string): Promise<void> {
  mkdirSync(copyDir);
  const { root, tables } = openTables(copyDir, true);
  try {
    for (const [name, table] of tables) copyTable(root, from.get(name) as Database<Buffer, Buffer>, table);
    tables.get('meta')?.putSync(MARK, MARKED);
  } finally {
    await root.close();
  }
  sync(join(copyDir, DATA_FILE));
}

function copyTable(
  root: RootDatabase<Buffer, Buffer>,
  from: Database<Buffer, Buffer>,
  to: Database<Buffer, Buffer>,
): void {
  for (let start: Buffer = LEAST, more = true; more;) {
    const entries = part(from, start);
    root.transactionSync(() => {
      for (const { key, value } of entries) to.putSync(key, value);
    });
    start = entries[entries.length - 1]?.key ?? start;
    more = entries.length > 0;
  }
  const [had, has] = [from, to].map((table) => (table.getStats() as { readonly entryCount: number }).entryCount);
  if (had !== has) throw new Error(`it has ${had} entries, of which ${has} could be read`);
}

function part(table: Database<Buffer, Buffer>, start: Buffer): { readonly key: Buffer; readonly value: Buffer }[] {
  const entries = [];
  let bytes = 0;
  for (const entry of table.getRange({ start, exclusiveStart: start !== LEAST, limit: AT_ONCE.entries })) {
    entries.push(entry);
    bytes += entry.value.length;
    if (bytes >= AT_ONCE.bytes) break;
  }
  return entries;
}

function sync(path: string): void {
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
