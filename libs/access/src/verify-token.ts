import {
  decodeProtectedHeader,
  errors,
  importJWK,
  jwtVerify,
  type JWK,
  type JWTPayload,
  type JWTVerifyGetKey,
} from 'jose';
import { DomainError, parseCommunityId } from '#libs/kernel';
import { OWN_AUDIENCE, OWN_ISSUER } from './issue-token.js';
import type { Principal } from './principal.js';
import { RemoteKeySet } from './remote-key-set.js';
import { isRole } from './roles.js';
import { ALGORITHM } from './token-key.js';
import { VerifiedTokens, type VerifiedToken } from './verified-tokens.js';

/** Turns a bearer token into who asks. @throws DomainError TOKEN_INVALID, TOKEN_EXPIRED, TOKEN_KEYS_UNAVAILABLE */
export type VerifyToken = (token: string, now: Date) => Promise<Principal>;

export interface RemoteKeys {
  readonly jwksUrl: string;
  readonly issuer: string;
  readonly audience: string;
}

/** Never `none`, never a shared secret: a key that verifies must not be able to sign. */
const ALGORITHMS = ['ES256', 'ES384', 'ES512', 'RS256', 'PS256', 'EdDSA'];
const TOLERANCE_SECONDS = 30;
const ACTOR_ID = /^[\w.@:/|+-]{1,128}$/;

/** Tokens of an identity provider, whose keys are fetched from its JWKS address and kept for a while. */
export function verifyWithRemoteKeys({ jwksUrl, issuer, audience }: RemoteKeys): VerifyToken {
  const known = new VerifiedTokens();
  const keys = new RemoteKeySet(new URL(jwksUrl), () => known.forget());
  return remembering(known, async (token, now) => {
    const expected = { issuer, audience, now };
    try {
      return await verify(token, keys.find, expected);
    } catch (error) {
      if (!mayBeOfNewKey(token, error)) throw error;
      await keys.load();
      return verify(token, keys.find, expected);
    }
  });
}

/** A token that names no key was tried with those that are known. */
function mayBeOfNewKey(token: string, error: unknown): boolean {
  return error instanceof errors.JWSSignatureVerificationFailed && decodeProtectedHeader(token).kid === undefined;
}

/** Tokens that this installation signed itself (standalone mode). */
export async function verifyWithOwnKey(key: JWK): Promise<VerifyToken> {
  const { d: _private, ...open } = key;
  const known = await importJWK(open, ALGORITHM);
  const own: JWTVerifyGetKey = () => known as never;
  return remembering(new VerifiedTokens(), (token, now) =>
    verify(token, own, { issuer: OWN_ISSUER, audience: OWN_AUDIENCE, now }),
  );
}

/** A client sends the same token with each request, and a signature costs more than the rest of a small one. */
function remembering(
  known: VerifiedTokens,
  verifyOnce: (token: string, now: Date) => Promise<VerifiedToken>,
): VerifyToken {
  return async (token, now) => {
    const principal = known.find(token, now.getTime() / 1000, TOLERANCE_SECONDS);
    if (principal) return principal;
    const { generation } = known;
    try {
      const verified = await verifyOnce(token, now);
      known.keep(token, verified, generation);
      return verified.principal;
    } catch (error) {
      throw refusalOf(error);
    }
  };
}

async function verify(
  token: string,
  key: JWTVerifyGetKey,
  { issuer, audience, now }: { issuer: string; audience: string; now: Date },
): Promise<VerifiedToken> {
  const { payload } = await jwtVerify(token, key, {
    ...{ issuer, audience, algorithms: ALGORITHMS, clockTolerance: TOLERANCE_SECONDS, currentDate: now },
    requiredClaims: ['sub', 'exp'],
  });
  return { principal: principalOf(payload), expiresAt: payload.exp!, notBefore: payload.nbf };
}

/** Of a key that does not go with the token, jose says so with a TypeError. */
function refusalOf(error: unknown): DomainError {
  if (error instanceof DomainError) return error;
  if (error instanceof errors.JWTExpired) return new DomainError('TOKEN_EXPIRED', 'The token has expired');
  return invalid('The token is not valid');
}

function principalOf({ sub, role, communities, accounts = [] }: JWTPayload): Principal {
  if (typeof sub !== 'string' || !ACTOR_ID.test(sub)) throw invalid('The token names no subject of a usable form');
  if (!isRole(role)) throw invalid('The token names no role that is known');
  if (!isTextList(communities) || !isTextList(accounts)) throw invalid('The token names no communities');
  return { id: sub, role, communities: communities.map(normalised), accounts: accounts.map((id) => id.normalize()) };
}

function normalised(text: string): string {
  try {
    return parseCommunityId(text);
  } catch {
    throw invalid('The token names a community that cannot be');
  }
}

function isTextList(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function invalid(message: string): DomainError {
  return new DomainError('TOKEN_INVALID', message);
}
