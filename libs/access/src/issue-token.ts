import { importJWK, SignJWT, type JWK } from 'jose';
import type { Principal } from './principal.js';
import { ALGORITHM } from './token-key.js';

/** What tokens of standalone mode name as their issuer and their audience. */
export const OWN_ISSUER = 'estate-ledger';
export const OWN_AUDIENCE = 'estate-ledger';

/** A signed bearer token; times in seconds since 1970. */
export async function issueToken(
  key: JWK,
  principal: Principal,
  times: { readonly issuedAt: number; readonly lifeSeconds: number },
): Promise<string> {
  const { id, role, communities, accounts } = principal;
  const { issuedAt, lifeSeconds } = times;
  return new SignJWT({ role, communities, ...(accounts.length === 0 ? {} : { accounts }) })
    .setProtectedHeader({ alg: ALGORITHM, typ: 'JWT' })
    .setSubject(id)
    .setIssuer(OWN_ISSUER)
    .setAudience(OWN_AUDIENCE)
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + lifeSeconds)
    .sign(await importJWK(key, ALGORITHM));
}
