import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DomainError } from '#libs/kernel';
import { readTextIfThere, writeFileDurably } from './files.js';

/** The layout of a data folder, version 1: one lmdb environment per server, the vault's master key, the owner's address. */
export interface DataFolder {
  readonly root: string;
  readonly events: string;
  readonly documents: string;
  readonly vault: string;
  readonly masterKeyFile: string;
  readonly addressFile: string;
  readonly formatFile: string;
}

export const DATA_FORMAT = 1;

export function dataFolderAt(root: string): DataFolder {
  return {
    root,
    events: join(root, 'events'),
    documents: join(root, 'documents'),
    vault: join(root, 'vault'),
    masterKeyFile: join(root, 'vault', 'master.key'),
    addressFile: join(root, 'address.json'),
    formatFile: join(root, 'format.json'),
  };
}

/** Creates the folder itself if need be: it has to exist to be owned. */
export function ensureFolder(root: string): void {
  try {
    mkdirSync(root, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new DomainError(
      'DATA_FOLDER_INVALID',
      `${root} cannot be used as a data folder: ${(error as Error).message}`,
    );
  }
}

/** Whether nothing of anybody's is in the folder (a missing folder counts as empty). */
export function isEmptyFolder(root: string): boolean {
  try {
    return readdirSync(root).length === 0;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return true;
    throw error;
  }
}

function checkFormat(folder: DataFolder, text: string): void {
  let format: unknown;
  try {
    format = (JSON.parse(text) as { format?: unknown } | null)?.format;
  } catch {
    format = undefined;
  }
  if (format !== DATA_FORMAT) {
    throw new DomainError(
      'DATA_FORMAT_UNKNOWN',
      `${folder.root} has the data format ${JSON.stringify(format ?? null)}; this version of estate-ledger reads format ${DATA_FORMAT}`,
    );
  }
}

/** A new master key of 32 bytes, base64url, as the file holds it. */
export function newMasterKey(): string {
  return randomBytes(32).toString('base64url');
}

function createMasterKey(folder: DataFolder): void {
  mkdirSync(folder.vault, { recursive: true, mode: 0o700 });
  if (readTextIfThere(folder.masterKeyFile) === undefined)
    writeFileDurably(folder.masterKeyFile, `${newMasterKey()}\n`, 0o600);
}

const OWN_NAMES = new Set(['events', 'documents', 'vault', 'address.json']);

/**
 * Makes the owned folder ready: checks its version marker, or lays out a new one. The marker is written last, so that a folder that has one is whole.
 * Refuses with DATA_FORMAT_UNKNOWN, DATA_FOLDER_INVALID (somebody else's files), VAULT_KEY_MISSING.
 * @param keyFromEnvironment the master key comes from ESTATE_MASTER_KEY: none is kept in the folder
 */
export function prepareDataFolder(folder: DataFolder, keyFromEnvironment: boolean): void {
  const marker = readTextIfThere(folder.formatFile);
  if (marker !== undefined) {
    checkFormat(folder, marker);
    if (!keyFromEnvironment && readTextIfThere(folder.masterKeyFile) === undefined) {
      throw new DomainError('VAULT_KEY_MISSING', `${folder.masterKeyFile} is missing and ESTATE_MASTER_KEY is not set`);
    }
    return;
  }
  const foreign = readdirSync(folder.root).filter((name) => !OWN_NAMES.has(name) && !name.endsWith('.tmp'));
  if (foreign.length > 0) {
    throw new DomainError(
      'DATA_FOLDER_INVALID',
      `${folder.root} is not a data folder, and not empty: it has '${foreign[0]}'`,
    );
  }
  for (const path of [folder.events, folder.documents]) mkdirSync(path, { recursive: true, mode: 0o700 });
  if (!keyFromEnvironment) createMasterKey(folder);
  writeFileDurably(folder.formatFile, `${JSON.stringify({ format: DATA_FORMAT })}\n`);
}
