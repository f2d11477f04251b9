import { DomainError } from '#libs/kernel';
import type { Environment } from './configuration.js';
import type { DataFolder } from './data-folder.js';
import { readTextIfThere } from './files.js';

export const MASTER_KEY_BYTES = 32;

/**
 * The key that wraps the vault's keys: ESTATE_MASTER_KEY, else the data folder's file; 32 bytes as base64, base64url or hex. `undefined` when there is
 * neither (real servers, nothing personal in use). Refuses with VAULT_KEY_INVALID.
 */
export function readMasterKey(env: Environment, folder: DataFolder | undefined): Buffer | undefined {
  const fromEnvironment = env['ESTATE_MASTER_KEY'];
  if (fromEnvironment) return decode(fromEnvironment, 'ESTATE_MASTER_KEY');
  const text = folder && readTextIfThere(folder.masterKeyFile);
  return text === undefined ? undefined : decode(text, folder!.masterKeyFile);
}

function decode(text: string, where: string): Buffer {
  const trimmed = text.trim();
  const key = /^[0-9a-f]{64}$/i.test(trimmed) ? Buffer.from(trimmed, 'hex') : Buffer.from(trimmed, 'base64');
  if (key.length !== MASTER_KEY_BYTES)
    throw new DomainError('VAULT_KEY_INVALID', `${where} does not hold a key of 32 bytes`);
  return key;
}
