import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DomainError } from '#libs/kernel';
import { readTextIfThere } from '../files.js';

export const BACKUP_FORMAT = 1;
export const MANIFEST = 'backup.json';
export const EVENTS_FILE = 'events/data.mdb';
export const VAULT_FILE = 'vault.ndjson';
export const KEY_FILE = 'master.key';

export interface BackupFile {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** Written last: a folder that has it is a whole backup. */
export interface Manifest {
  readonly format: number;
  /** UTC. */
  readonly createdAt: string;
  readonly files: readonly BackupFile[];
}

/** Size and checksum of one file of a backup, read in a stream. */
export async function describeFile(folder: string, path: string): Promise<BackupFile> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(join(folder, path))) hash.update(chunk as Buffer);
  return { path, bytes: (await stat(join(folder, path))).size, sha256: hash.digest('hex') };
}

function invalid(message: string): DomainError {
  return new DomainError('BACKUP_INVALID', message);
}

function parseManifest(folder: string, text: string): Manifest {
  let manifest: Manifest;
  try {
    manifest = JSON.parse(text) as Manifest;
  } catch {
    throw invalid(`${join(folder, MANIFEST)} is not readable`);
  }
  if (manifest?.format !== BACKUP_FORMAT) {
    throw new DomainError(
      'BACKUP_FORMAT_UNKNOWN',
      `${folder} has the backup format ${JSON.stringify(manifest?.format ?? null)}; this version reads ${BACKUP_FORMAT}`,
    );
  }
  return manifest;
}

/** Reads a backup's manifest and checks every file against it. Throws BACKUP_INVALID, BACKUP_FORMAT_UNKNOWN. */
export async function verifyBackup(folder: string): Promise<Manifest> {
  const text = readTextIfThere(join(folder, MANIFEST));
  if (text === undefined) throw invalid(`${folder} is not a whole backup: it has no ${MANIFEST}`);
  const manifest = parseManifest(folder, text);
  const names = new Set((Array.isArray(manifest.files) ? manifest.files : []).map(({ path }) => path));
  const known = [EVENTS_FILE, VAULT_FILE, KEY_FILE];
  if (!names.has(EVENTS_FILE) || !names.has(VAULT_FILE) || [...names].some((name) => !known.includes(name))) {
    throw invalid(`${join(folder, MANIFEST)} does not list the files of a backup`);
  }
  for (const expected of manifest.files) {
    const actual = await describeFile(folder, expected.path).catch(() => undefined);
    if (!actual) throw invalid(`${join(folder, expected.path)} is missing`);
    if (actual.bytes !== expected.bytes || actual.sha256 !== expected.sha256) {
      throw invalid(`${join(folder, expected.path)} is damaged: its checksum is not the one of the manifest`);
    }
  }
  return manifest;
}
