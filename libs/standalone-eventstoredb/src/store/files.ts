import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { compactIfAsked } from './compaction.js';
import { DATA_FILE, checkDataFile, cutOffAgain } from './data-file.js';
import { freePageOptions } from './free-pages.js';
import { reserveLockFile } from './lock-file.js';
import { checkPages } from './page-check.js';
import { verifyAll } from './verify.js';
import { type Database, type RootDatabase, open } from 'lmdb';

const FORMAT = 1;
const MAX_READERS = 512;

/** What is kept of a stream beside its events. */
export interface StreamRow {
  readonly id: number;
  readonly name: string;
  /** First revision that still counts ($tb); {@link Number.MAX_SAFE_INTEGER} after a soft delete. */
  readonly truncateBefore: number;
  readonly maxCount: number | null;
  readonly maxAgeSeconds: number | null;
  readonly tombstoned: boolean;
}

/** What is kept of a projection. */
export interface ProjectionRow {
  readonly enabled: boolean;
  /** Position of the next event to look at. */
  readonly next: number;
  /** Of one that a client has made. */
  readonly query?: string;
  readonly emitEnabled?: boolean;
  /** Streams that it makes are noted. */
  readonly trackEmitted?: boolean;
  /** It ends when it has seen what there is. */
  readonly once?: boolean;
  /** Why it is not enabled, if not because it was stopped. */
  readonly ended?: 'Aborted' | 'Completed';
}

/** The tables of the server, in one lmdb environment. */
export interface Files {
  readonly root: RootDatabase<unknown, string>;
  /** First position → chunk of records. */
  readonly chunks: Database<Buffer, number>;
  /** u48 stream id, u48 first revision → u48 first position, u32 count: one entry for each chunk. */
  readonly index: Database<Buffer, Buffer>;
  readonly streams: Database<StreamRow, string>;
  /** Format version, counters. */
  readonly state: Database<number, string>;
  /** Persistent subscriptions: configuration and checkpoints. */
  readonly groups: Database<unknown, string>;
  readonly projections: Database<ProjectionRow, string>;
  /** Digests of projection and partition → state as JSON. */
  readonly projectionStates: Database<string, string>;
}

/**
 * Opens (and creates) the files in a folder. A commit is answered after fsync: without `overlappingSync: false` lmdb
 * answers when the data is visible, which a power cut could undo. Throws if the folder holds another format.
 */
export async function openFiles(dataDir: string): Promise<Files> {
  mkdirSync(dataDir, { recursive: true });
  reserveLockFile(dataDir);
  let files = openChecked(dataDir);
  if (await compactIfAsked(dataDir, files)) files = openEnvironment(dataDir);
  const format = files.state.get('format');
  if (format === undefined) await files.state.put('format', FORMAT);
  else if (format !== FORMAT) {
    await files.root.close();
    throw new Error(`${dataDir} has format ${format}; this server reads format ${FORMAT}`);
  }
  return files;
}

/** Opens what {@link checkDataFile} lets pass. A file that was cut off is read from end to end, and left as it was if that fails. */
function openChecked(dataDir: string): Files {
  const { cutOffAt } = checkDataFile(dataDir);
  if (cutOffAt === undefined) {
    checkPages(dataDir);
    return openEnvironment(dataDir);
  }
  let files: Files | undefined;
  try {
    checkPages(dataDir, Infinity);
    files = openEnvironment(dataDir);
    const { chunks, index, streams, state, groups, projections, projectionStates } = files;
    verifyAll(chunks, [index, streams, state, groups, projections, projectionStates]);
    return files;
  } catch (error) {
    void files?.root.close();
    cutOffAgain(dataDir, cutOffAt);
    throw new Error(`${join(dataDir, DATA_FILE)} is cut off at ${cutOffAt} bytes: ${(error as Error).message}`);
  }
}

/** Opens the tables of a folder, which must be one that {@link openFiles} has let pass before. `again`: see {@link freePageOptions}. */
export function openEnvironment(dataDir: string, again = false): Files {
  const root = open<unknown, string>({
    ...freePageOptions(again),
    path: dataDir,
    maxDbs: 16,
    maxReaders: MAX_READERS,
    overlappingSync: false,
    // The Writer makes the batches. lmdb's own ones have a promise that nobody can get hold of: its rejection would end the process.
    eventTurnBatching: false,
  });
  return {
    root,
    chunks: root.openDB<Buffer, number>({ name: 'chunks', encoding: 'binary' }),
    index: root.openDB<Buffer, Buffer>({ name: 'index', encoding: 'binary', keyEncoding: 'binary' }),
    streams: root.openDB<StreamRow, string>({ name: 'streams' }),
    state: root.openDB<number, string>({ name: 'state' }),
    groups: root.openDB<unknown, string>({ name: 'groups' }),
    projections: root.openDB<ProjectionRow, string>({ name: 'projections' }),
    projectionStates: root.openDB<string, string>({ name: 'projection-states', encoding: 'string' }),
  };
}

const REVISION_LIMIT = 2 ** 48 - 1;

/** Key of the index: sorts by stream, then revision. */
export function indexKey(streamId: number, revision: number): Buffer {
  const key = Buffer.allocUnsafe(12);
  key.writeUIntBE(streamId, 0, 6);
  key.writeUIntBE(Math.min(revision, REVISION_LIMIT), 6, 6);
  return key;
}

export function indexValue(position: number, count: number): Buffer {
  const value = Buffer.allocUnsafe(10);
  value.writeUIntBE(position, 0, 6);
  value.writeUInt32BE(count, 6);
  return value;
}

/** A run of a stream's events that lie one after the other in one chunk. */
export interface Run {
  readonly revision: number;
  readonly position: number;
  readonly count: number;
}

export function runOf(key: Buffer, value: Buffer): Run {
  return { revision: key.readUIntBE(6, 6), position: value.readUIntBE(0, 6), count: value.readUInt32BE(6) };
}
