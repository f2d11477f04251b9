import { chmodSync, copyFileSync, mkdirSync, renameSync, rmdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DomainError } from '#libs/kernel';
import { readConfiguration, type Environment } from '../configuration.js';
import {
  DATA_FORMAT,
  dataFolderAt,
  ensureFolder,
  isEmptyFolder,
  newMasterKey,
  type DataFolder,
} from '../data-folder.js';
import { syncFolder, writeFileDurably } from '../files.js';
import { openRuntime, type Runtime, type RuntimeOptions } from '../open-runtime.js';
import { tryOwn, type Ownership } from '../ownership.js';
import { EVENTS_FILE, KEY_FILE, VAULT_FILE, verifyBackup, type Manifest } from './manifest.js';

function refusal(root: string): DomainError {
  return new DomainError(
    'DATA_FOLDER_NOT_EMPTY',
    `${root} is not empty: a backup is restored into a new data folder only`,
  );
}

/** The target, empty and held by nobody else; it is created if need be. */
async function claimEmptyFolder(root: string): Promise<Ownership> {
  if (!isEmptyFolder(root)) throw refusal(root);
  ensureFolder(root);
  const ownership = await tryOwn(root);
  if (!ownership) throw refusal(root);
  return ownership;
}

function layOut(folder: DataFolder, source: string, manifest: Manifest, env: Environment): void {
  for (const path of [folder.root, folder.events, folder.documents, folder.vault]) mkdirSync(path, { mode: 0o700 });
  copyFileSync(join(source, EVENTS_FILE), join(folder.events, 'data.mdb'));
  if (manifest.files.some(({ path }) => path === KEY_FILE)) {
    copyFileSync(join(source, KEY_FILE), folder.masterKeyFile);
    chmodSync(folder.masterKeyFile, 0o600);
  } else if (!env['ESTATE_MASTER_KEY']) {
    throw new DomainError(
      'VAULT_KEY_MISSING',
      'the backup holds no master key: set ESTATE_MASTER_KEY to the one that was in use',
    );
  }
  writeFileDurably(folder.formatFile, `${JSON.stringify({ format: DATA_FORMAT })}\n`);
}

/**
 * Fills a new data folder from a backup whose every file agrees with its manifest. The folder appears under its name when it is whole: until then
 * it is built beside it. Throws BACKUP_INVALID, BACKUP_FORMAT_UNKNOWN, BACKUP_NOT_STANDALONE, DATA_FOLDER_NOT_EMPTY, VAULT_KEY_MISSING.
 * @param rebuild folds the read models of the new folder
 * @returns the data folder
 */
export async function restoreDataFolder(
  source: string,
  options: Omit<RuntimeOptions, 'serve'>,
  rebuild: (runtime: Runtime) => Promise<void>,
): Promise<string> {
  const configuration = readConfiguration(options.env, options.dataDir);
  if (configuration.kind === 'servers') {
    throw new DomainError(
      'BACKUP_NOT_STANDALONE',
      'a backup is restored into a standalone data folder, not into real servers',
    );
  }
  const manifest = await verifyBackup(source);
  const root = configuration.dataDir;
  const ownership = await claimEmptyFolder(root);
  const building = dataFolderAt(`${root}.restoring-${process.pid}-${newMasterKey().slice(0, 6)}`);
  try {
    layOut(building, source, manifest, options.env);
    const runtime = await openRuntime({ ...options, dataDir: building.root });
    try {
      const { loadDatabase } = await import('./vault-dump.js');
      await loadDatabase(runtime.addresses.mongodb, runtime.vaultDatabase, join(source, VAULT_FILE));
      await Promise.race([rebuild(runtime), runtime.failed]);
    } finally {
      await runtime.close();
    }
    rmdirSync(root);
    renameSync(building.root, root);
    syncFolder(dirname(root));
    return root;
  } finally {
    rmSync(building.root, { recursive: true, force: true });
    await ownership.release();
  }
}
