import { ownTokenKey, tokenKeyFileOf, verifyWithOwnKey, verifyWithRemoteKeys, type VerifyToken } from '#libs/access';
import { DomainError } from '#libs/kernel';
import type { Environment, Runtime } from '#libs/runtime';

/** What the environment says about the API. */
export interface ApiSettings {
  readonly host: string;
  readonly port: number;
  readonly requestsPerSecond: number;
}

const DEFAULT_PORT = 3000;
const DEFAULT_RATE = 200;

/** PORT (0: any free one), HOST, ESTATE_RATE_LIMIT (requests per second and subject; 0: none). @throws DomainError CONFIG_INVALID */
export function readSettings(env: Environment): ApiSettings {
  return {
    host: env['HOST'] || '127.0.0.1',
    port: wholeNumber(env, 'PORT', DEFAULT_PORT, 65_535),
    requestsPerSecond: wholeNumber(env, 'ESTATE_RATE_LIMIT', DEFAULT_RATE, 1_000_000),
  };
}

function wholeNumber(env: Environment, name: string, otherwise: number, most: number): number {
  const text = env[name];
  if (text === undefined || text === '') return otherwise;
  const value = /^\d{1,7}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value <= most)) throw new DomainError('CONFIG_INVALID', `${name} is a whole number, at most ${most}`);
  return value;
}

/**
 * Tokens of the identity provider that ESTATE_JWKS_URL, ESTATE_JWT_ISSUER and ESTATE_JWT_AUDIENCE name; without them those that the installation's own
 * key has signed (`estate token`): the data folder's in standalone mode, that of ESTATE_TOKEN_KEY_FILE on servers.
 * @throws DomainError CONFIG_INVALID, TOKEN_KEY_INVALID
 */
export async function tokensOf(env: Environment, { folder }: Pick<Runtime, 'folder'>): Promise<VerifyToken> {
  const { ESTATE_JWKS_URL: jwksUrl, ESTATE_JWT_ISSUER: issuer, ESTATE_JWT_AUDIENCE: audience } = env;
  if (jwksUrl && issuer && audience) {
    if (!URL.canParse(jwksUrl)) throw new DomainError('CONFIG_INVALID', 'ESTATE_JWKS_URL is not an address');
    return verifyWithRemoteKeys({ jwksUrl, issuer, audience });
  }
  const keyFile = env['ESTATE_TOKEN_KEY_FILE'] || (folder && tokenKeyFileOf(folder.vault));
  if (jwksUrl || issuer || audience || !keyFile) {
    throw new DomainError(
      'CONFIG_INVALID',
      'bearer tokens need an identity provider: set ESTATE_JWKS_URL, ESTATE_JWT_ISSUER and ESTATE_JWT_AUDIENCE (or, for a trial, ESTATE_TOKEN_KEY_FILE)',
    );
  }
  return verifyWithOwnKey(await ownTokenKey(keyFile));
}
