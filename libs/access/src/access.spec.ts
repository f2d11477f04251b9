import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { exportJWK, generateKeyPair, importJWK, SignJWT, UnsecuredJWT } from 'jose';
import { issueToken, OWN_AUDIENCE, OWN_ISSUER } from './issue-token.js';
import { ownTokenKey, tokenKeyFileOf } from './token-key.js';
import { verifyWithOwnKey } from './verify-token.js';

const folder = mkdtempSync(join(tmpdir(), 'estate-access-'));
const file = tokenKeyFileOf(join(folder, 'vault'));
const now = new Date('2026-03-02T00:00:00Z');
const times = { issuedAt: now.getTime() / 1000, lifeSeconds: 3600 };
const cashier = { id: 'clerk-1', role: 'cashier', communities: ['yinghu'], accounts: [] } as const;
const code = (expected: string) => expect.objectContaining({ code: expected });

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('tokens of one’s own', () => {
  it('are signed with one key, which only its owner can read, however many programs start at once', async () => {
    const keys = await Promise.all([ownTokenKey(file), ownTokenKey(file), ownTokenKey(file)]);
    expect(new Set(keys.map(({ d }) => d)).size).toBe(1);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const verify = await verifyWithOwnKey(keys[0]);
    expect(await verify(await issueToken(keys[2], cashier, times), now)).toEqual(cashier);
  });

  it('end', async () => {
    const key = await ownTokenKey(file);
    const verify = await verifyWithOwnKey(key);
    const token = await issueToken(key, cashier, times);
    await expect(verify(token, new Date(now.getTime() + 3_700_000))).rejects.toEqual(code('TOKEN_EXPIRED'));
  });

  it('are refused when unsigned, signed by others or with a public value, made for others, or without a known role', async () => {
    const key = await ownTokenKey(file);
    const verify = await verifyWithOwnKey(key);
    const claims = { role: 'cashier', communities: ['yinghu'], sub: 'x', iss: OWN_ISSUER, aud: OWN_AUDIENCE };
    const exp = times.issuedAt + 60;
    const sign = async (payload: object, by = key) =>
      new SignJWT({ ...claims, exp, ...payload })
        .setProtectedHeader({ alg: 'ES256' })
        .sign(await importJWK(by, 'ES256'));
    const other = await exportJWK((await generateKeyPair('ES256', { extractable: true })).privateKey);
    const shared = new SignJWT({ ...claims, exp }).setProtectedHeader({ alg: 'HS256' });
    const bad = [
      new UnsecuredJWT({ ...claims, exp }).encode(),
      await sign({}, other),
      await shared.sign(new TextEncoder().encode(JSON.stringify({ x: key.x, y: key.y }).padEnd(64))),
      await sign({ aud: 'someone-else' }),
      await sign({ role: 'emperor' }),
      await sign({ communities: 'yinghu' }),
      await sign({ communities: ['not-a-community'] }),
      await sign({ sub: 'a name with spaces' }),
      await sign({ exp: undefined }),
      'not.a.token',
      '',
    ];
    for (const token of bad) await expect(verify(token, now)).rejects.toEqual(code('TOKEN_INVALID'));
  });
});
