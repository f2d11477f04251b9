import { chmodSync, copyFileSync, mkdirSync, rmSync } from 'node:fs';
import { open as openFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DomainError, type Clock } from '#libs/kernel';
import { isEmptyFolder } from '../data-folder.js';
import { readTextIfThere, syncFolder, writeFileDurably } from '../files.js';
import type { Runtime } from '../open-runtime.js';
import { BACKUP_FORMAT, describeFile, EVENTS_FILE, KEY_FILE, MANIFEST, VAULT_FILE, type Manifest } from './manifest.js';

/** lmdb's own copy: a read transaction sees one state, however much is written meanwhile, in this process or another. */
async function copyEvents(source: string, target: string): Promise<void> {
  mkdirSync(target, { recursive: true, mode: 0o700 });
  const { open } = await import('lmdb'); // native code that no other command of a joining process needs
  const environment = open({ path: source, readOnly: true, maxDbs: 16, overlappingSync: false });
  try {
    await environment.backup(target, false);
  } finally {
    await environment.close();
  }
  const copy = await openFile(join(target, 'data.mdb'), 'r+');
  await copy.sync();
  await copy.close();
}

function copyKey(runtime: Runtime, target: string): boolean {
  const source = runtime.folder!.masterKeyFile;
  if (readTextIfThere(source) === undefined) return false;
  copyFileSync(source, join(target, KEY_FILE));
  chmodSync(join(target, KEY_FILE), 0o600);
  return true;
}

/**
 * Copies a standalone data folder while it is in use: the events first, then the vault, so that every key that an event of the copy needs is in
 * it. Read models are left out: they are rebuilt. Throws BACKUP_NOT_STANDALONE, BACKUP_TARGET_NOT_EMPTY.
 * @param target an absolute path: missing, or an empty folder
 */
export async function backupDataFolder(runtime: Runtime, target: string, clock: Clock): Promise<Manifest> {
  if (!runtime.folder)
    throw new DomainError(
      'BACKUP_NOT_STANDALONE',
      'a backup is of a standalone data folder; real servers have tools of their own',
    );
  if (!isEmptyFolder(target)) throw new DomainError('BACKUP_TARGET_NOT_EMPTY', `${target} is not empty`);
  mkdirSync(target, { recursive: true, mode: 0o700 });
  try {
    await copyEvents(runtime.folder.events, join(target, 'events'));
    // The driver is loaded when it is needed: a start of the bare servers does without.
    const { dumpDatabase } = await import('./vault-dump.js');
    await dumpDatabase(runtime.addresses.mongodb, runtime.vaultDatabase, join(target, VAULT_FILE));
    const names = [EVENTS_FILE, VAULT_FILE, ...(copyKey(runtime, target) ? [KEY_FILE] : [])];
    rmSync(join(target, 'events', 'lock.mdb'), { force: true });
    const files = [];
    for (const name of names) files.push(await describeFile(target, name));
    const manifest: Manifest = { format: BACKUP_FORMAT, createdAt: clock.now(), files };
    syncFolder(join(target, 'events'));
    writeFileDurably(join(target, MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`);
    return manifest;
  } catch (error) {
    // It was empty: what is in it is ours, and half a backup is worse than none.
    for (const name of ['events', VAULT_FILE, KEY_FILE]) rmSync(join(target, name), { recursive: true, force: true });
    throw error;
  }
}
