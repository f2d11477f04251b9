import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { fingerprintWith, isEnvelope, openWith, sealWith } from './envelope.js';

const key = randomBytes(32);

describe('envelopes', () => {
  it('give back any value, and only with their key', () => {
    const json = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.dictionary(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), { noNullPrototype: true }),
    );
    fc.assert(
      fc.property(json, (value) => {
        const envelope = sealWith(key, 'k', value);
        expect(isEnvelope(envelope)).toBe(true);
        expect(openWith(key, envelope)).toEqual(value);
        expect(() => openWith(randomBytes(32), envelope)).toThrow(
          expect.objectContaining({ code: 'ENVELOPE_INVALID' }),
        );
        expect(() => openWith(key, { ...envelope, kid: 'other' })).toThrow(
          expect.objectContaining({ code: 'ENVELOPE_INVALID' }),
        );
      }),
    );
  });

  it('have the sizes of ADR 0001, in base64url without padding', () => {
    const { iv, tag, ct } = sealWith(key, 'k', 'ab');
    expect([
      Buffer.from(iv, 'base64url').length,
      Buffer.from(tag, 'base64url').length,
      Buffer.from(ct, 'base64url').length,
    ]).toEqual([12, 16, 4]);
    expect(iv + tag + ct).toMatch(/^[A-Za-z0-9_-]+$/);
  });

  it('have fingerprints that depend on key and value, not on the order of members', () => {
    expect(fingerprintWith(key, { a: 1, b: 2 })).toBe(fingerprintWith(key, { b: 2, a: 1 }));
    expect(fingerprintWith(key, 'x')).not.toBe(fingerprintWith(randomBytes(32), 'x'));
    expect([null, 'x', {}, { kid: 'k', iv: '', ct: '' }].map(isEnvelope)).toEqual([false, false, false, false]);
  });
});
