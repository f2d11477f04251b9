import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Database, RootDatabase } from 'lmdb';
import { DATA_FILE } from './data-file.js';
import { commitFailure } from './storage-error.js';

interface Files {
  readonly root: RootDatabase<unknown, string>;
  readonly state: Database<number, string>;
}

/**
 * Copies what is in use to a new file and puts it in the place of the old one, if a scavenge has asked for it: lmdb itself
 * only keeps free pages for later. Closes the files, and returns true, when it has done so or tried in vain. The old file
 * counts until the rename.
 */
export async function compactIfAsked(dataDir: string, files: Files): Promise<boolean> {
  if (files.state.get('compact') !== 1) return false;
  const copyDir = join(dataDir, 'compact');
  rmSync(copyDir, { recursive: true, force: true });
  try {
    mkdirSync(copyDir);
    await files.state.put('compact', 0);
    await files.root.backup(copyDir, true);
  } catch (error) {
    // For want of space, as a rule. It is no reason not to serve what is there.
    const { message } = await commitFailure(dataDir, error);
    console.error(`${dataDir} stays as large as it is: ${message}`);
    await files.root.close();
    rmSync(copyDir, { recursive: true, force: true });
    return true;
  }
  await files.root.close();
  sync(join(copyDir, DATA_FILE));
  renameSync(join(copyDir, DATA_FILE), join(dataDir, DATA_FILE));
  sync(dataDir);
  rmSync(copyDir, { recursive: true, force: true });
  return true;
}

function sync(path: string): void {
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
