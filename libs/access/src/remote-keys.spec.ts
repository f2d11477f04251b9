import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK } from 'jose';
import { RemoteKeySet } from './remote-key-set.js';
import { verifyWithRemoteKeys } from './verify-token.js';

const now = new Date('2026-03-02T00:00:00Z');
const issuer = 'https://id.example';
const code = (expected: string) => expect.objectContaining({ code: expected });
const INVALID = code('TOKEN_INVALID');
const UNAVAILABLE = code('TOKEN_KEYS_UNAVAILABLE');

interface Key {
  readonly open: JWK;
  token(claims?: { iss?: string; jti?: string }): Promise<string>;
}

async function keyOf(kid?: string): Promise<Key> {
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
  const named = kid === undefined ? {} : { kid };
  const token = (privateKey_: CryptoKey, claims: object) =>
    new SignJWT({ role: 'auditor', communities: ['yinghu'], sub: 'a1', iss: issuer, aud: 'estate', ...claims })
      .setProtectedHeader({ alg: 'ES256', ...named })
      .setExpirationTime(now.getTime() / 1000 + 60)
      .sign(privateKey_);
  const open = { ...(await exportJWK(publicKey)), ...named, alg: 'ES256' };
  return { open, token: (claims = {}) => token(privateKey, claims) };
}

let provider: Server;
let jwksUrl: string;
let answered = 0;
let answer: { status: number; text: string };

const serve = (...keys: Key[]) =>
  void (answer = { status: 200, text: JSON.stringify({ keys: keys.map(({ open }) => open) }) });
const verifier = () => verifyWithRemoteKeys({ jwksUrl, issuer, audience: 'estate' });

beforeEach(async () => {
  answered = 0;
  provider = createServer((_, response) => {
    answered += 1;
    response.writeHead(answer.status, { connection: 'close' }).end(answer.text);
  }).listen(0, '127.0.0.1');
  await once(provider, 'listening');
  jwksUrl = `http://127.0.0.1:${(provider.address() as { port: number }).port}/keys`;
});
afterEach(() => void provider.close());

describe('keys of an identity provider', () => {
  it('are asked for once, and verify its tokens, those of nobody else', async () => {
    const key = await keyOf('k1');
    serve(key);
    const verify = verifier();
    expect(await verify(await key.token(), now)).toMatchObject({ id: 'a1', role: 'auditor' });
    await expect(verify(await key.token({ iss: 'https://evil.example' }), now)).rejects.toEqual(INVALID);
    await Promise.all([1, 2, 3].map(async (n) => verify(await key.token({ jti: `t${n}` }), now)));
    expect(answered).toBe(1);
  });

  it.each([['named', 'k2'] as const, ['nameless', undefined] as const])(
    'that follow others are known at once, and those before them are no longer: %s',
    async (_, kid) => {
      const [old, fresh] = [await keyOf(kid && 'k1'), await keyOf(kid)];
      serve(old);
      const verify = verifier();
      const before = await old.token();
      await verify(before, now);
      serve(fresh);
      expect(await verify(await fresh.token(), now)).toMatchObject({ id: 'a1' });
      // Also a token that was verified a moment ago.
      await expect(verify(before, now)).rejects.toEqual(INVALID);
      expect(answered).toBeLessThanOrEqual(3);
    },
  );

  it('are not asked for more than once a second, however many made-up keys are named', async () => {
    const [key, foreign] = [await keyOf('k1'), await keyOf('made-up')];
    serve(key);
    const verify = verifier();
    const attempts = await Promise.allSettled(
      Array.from({ length: 20 }, async (_, n) => verify(await foreign.token({ jti: `t${n}` }), now)),
    );
    expect(attempts.map(({ status }) => status)).toEqual(attempts.map(() => 'rejected'));
    expect(answered).toBeLessThanOrEqual(2);
  });

  it('that cannot be had are said to be so: by no answer, another one, and no keys', async () => {
    const key = await keyOf('k1');
    const token = await key.token();
    for (const wrong of [
      { status: 500, text: '' },
      { status: 200, text: '<html>' },
      { status: 200, text: '{"keys":1}' },
    ]) {
      answer = wrong;
      await expect(verifier()(token, now)).rejects.toEqual(UNAVAILABLE);
    }
    provider.close();
    await once(provider, 'close');
    await expect(verifier()(token, now)).rejects.toEqual(UNAVAILABLE);
  });

  it('are asked for again after a minute; while the provider is away those that were known do for ten', async () => {
    const [old, fresh] = [await keyOf('k1'), await keyOf('k2')];
    serve(old);
    let [ms, changes] = [0, 0];
    const keys = new RemoteKeySet(
      new URL(jwksUrl),
      () => void (changes += 1),
      () => ms,
    );
    const find = () => keys.find({ alg: 'ES256', kid: 'k1' }, undefined as never);
    await find();
    ms = 59_999;
    await find();
    expect([answered, changes]).toEqual([1, 1]);
    answer = { status: 503, text: '' };
    ms = 60_000;
    await find();
    ms = 65_000;
    await find();
    expect(answered).toBe(2);
    ms = 600_000;
    await expect(find()).rejects.toEqual(UNAVAILABLE);
    serve(fresh);
    ms = 610_000;
    const gone = find();
    // A key that is not there is asked for a second time, a second later.
    await expect(gone).rejects.toMatchObject({ code: 'ERR_JWKS_NO_MATCHING_KEY' });
    expect(changes).toBe(2);
  });
});
