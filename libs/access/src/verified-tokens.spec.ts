import { describe, expect, it } from '@jest/globals';
import { VerifiedTokens, type VerifiedToken } from './verified-tokens.js';

const TOKEN = 'header.payload.signature';
const principal = { id: 'ann', role: 'auditor', communities: ['yinghu'], accounts: [] } as const;

function kept(verified: Partial<VerifiedToken> = {}) {
  const clock = { ms: 0 };
  const tokens = new VerifiedTokens(() => clock.ms);
  tokens.keep(TOKEN, { principal, expiresAt: 1_000, notBefore: undefined, ...verified });
  return { clock, tokens };
}

describe('tokens that were verified', () => {
  it('are known for a minute, these very ones only', () => {
    const { clock, tokens } = kept();
    expect(tokens.find(TOKEN, 900, 30)).toBe(principal);
    expect(tokens.find(`${TOKEN}x`, 900, 30)).toBeUndefined();
    clock.ms = 59_999;
    expect(tokens.find(TOKEN, 900, 30)).toBe(principal);
    clock.ms = 60_000;
    expect(tokens.find(TOKEN, 900, 30)).toBeUndefined();
    clock.ms = 0;
    expect(tokens.find(TOKEN, 900, 30)).toBeUndefined();
  });

  it.each([
    [1_029.999, true],
    [1_030, false],
    [5_000, false],
  ])('end when they expire: at %d s', (now, known) => {
    expect(kept().tokens.find(TOKEN, now, 30) !== undefined).toBe(known);
  });

  it.each([
    [469, false],
    [470, true],
    [500, true],
  ])('do not begin before their time: at %d s', (now, known) => {
    expect(kept({ notBefore: 500 }).tokens.find(TOKEN, now, 30) !== undefined).toBe(known);
  });

  it('are forgotten, the oldest first, where there are too many', () => {
    const { tokens } = kept();
    for (let n = 0; n < 10_000; n += 1) tokens.keep(`t${n}`, { principal, expiresAt: 1_000, notBefore: undefined });
    expect(tokens.find(TOKEN, 900, 30)).toBeUndefined();
    expect(tokens.find('t0', 900, 30)).toBe(principal);
  });
});
