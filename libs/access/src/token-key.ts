import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { exportJWK, generateKeyPair, type JWK } from 'jose';
import { DomainError } from '#libs/kernel';

/** Signs tokens of standalone mode. */
export const ALGORITHM = 'ES256';

/** Where a data folder keeps its own signing key, beside the vault's master key. */
export function tokenKeyFileOf(vaultFolder: string): string {
  return join(vaultFolder, 'token.key');
}

/** The folder's own signing key (a private JWK), made at the first use. @throws DomainError TOKEN_KEY_INVALID */
export async function ownTokenKey(file: string): Promise<JWK> {
  const known = readKey(file);
  if (known) return known;
  const { privateKey } = await generateKeyPair(ALGORITHM, { extractable: true });
  const text = JSON.stringify({ ...(await exportJWK(privateKey)), alg: ALGORITHM });
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const draft = `${file}.${process.pid}.tmp`;
  writeFileSync(draft, `${text}\n`, { mode: 0o600 });
  try {
    // A link is made whole or not at all, and never over another's: two programs that start together end up with one key.
    linkSync(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(draft, { force: true });
  }
  return readKey(file)!;
}

function readKey(file: string): JWK | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const key = JSON.parse(text) as JWK;
    if (key.kty === 'EC' && key.d !== undefined) return key;
  } catch {
    // Told below, without the text: it may hold a key.
  }
  throw new DomainError('TOKEN_KEY_INVALID', `${file} does not hold a signing key`);
}
