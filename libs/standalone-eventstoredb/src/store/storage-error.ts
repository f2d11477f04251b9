import { statfsSync } from 'node:fs';
import { constants } from 'node:os';
import { isOfFreePages } from './free-pages.js';

const { ENOSPC, EDQUOT, EFBIG, EIO } = constants.errno;
/** lmdb's own number for a map that can't grow. */
const MAP_FULL = -30792;
const FULL: readonly unknown[] = [ENOSPC, EDQUOT, EFBIG, MAP_FULL];
/** With less than this, a write that was cut short was so for want of space. */
const SPARE_BYTES = 16 * 1024 * 1024;

/** What a commit writes at least: the pages on the way from the roots of its tables. */
const PAGES_OF_COMMIT_BYTES = 256 * 1024;

/** Something could not be written: nothing of it is stored. `full`: for want of space, and it can be tried again when there is some. */
export class StorageError extends Error {
  constructor(
    message: string,
    readonly full: boolean,
    /** lmdb refused it for its list of free pages, or did not say why: it can be tried once more. */
    readonly again = false,
  ) {
    super(message);
  }
}

/** What is stored is not what was written. */
export class DamagedError extends Error {
  constructor(what: number | string) {
    const place = typeof what === 'number' ? `position ${what} can't be read` : what;
    super(`the events are damaged: ${place}. Restore the folder from a backup.`);
  }
}

interface CommitError extends Error {
  readonly code?: unknown;
  /** lmdb's rejections carry their cause as a promise that is rejected with it. */
  readonly commitError?: Promise<unknown>;
}

/** Milliseconds. lmdb says why a commit failed some time behind saying that it did, and now and then never. */
const LONGEST_WAIT_FOR_CAUSE_MS = 1_000;

/** Why a commit has failed. Call in the turn of the failure: the cause of a rejection would else count as unhandled. */
export async function commitFailure(dataDir: string, failed: unknown): Promise<StorageError> {
  const error = failed as CommitError;
  const cause = error.commitError === undefined ? error : await causeBehind(error.commitError);
  const { code, message } = cause ?? error;
  if (FULL.includes(code) || (code === EIO && isFull(dataDir))) {
    return noSpace();
  }
  const again = cause === undefined || isOfFreePages(cause);
  return new StorageError(`writing failed, restart the server: ${message}`, false, again);
}

function causeBehind(commitError: Promise<unknown>): Promise<CommitError | undefined> {
  return new Promise((resolve) => {
    setTimeout(resolve, LONGEST_WAIT_FOR_CAUSE_MS, undefined).unref();
    commitError.catch(resolve);
  });
}

export function noSpace(): StorageError {
  return new StorageError('no space is left to write on: nothing of this is stored', true);
}

/** Whether there is surely too little space to write so much, and the pages around it. */
export function lacksSpace(dataDir: string, bytes: number): boolean {
  const { bavail, bsize } = statfsSync(dataDir);
  return bavail * bsize < bytes + PAGES_OF_COMMIT_BYTES;
}

/** lmdb calls it EIO when it could write only a part. */
function isFull(dataDir: string): boolean {
  const { bavail, bsize } = statfsSync(dataDir);
  return bavail * bsize < SPARE_BYTES;
}
