import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { canonicalJson, plainJson, sha256Hex, type Json } from './canonical-json.js';

const text = fc.string({ unit: 'binary' }).filter((s) => !/\p{Surrogate}/u.test(s));
const json = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.oneof(
      text,
      fc.maxSafeInteger().map((n) => (n === 0 ? 0 : n)),
      fc.boolean(),
      fc.constant(null),
    ),
    fc.array(tie('value'), { maxLength: 5 }),
    fc.dictionary(text, tie('value'), { maxKeys: 30, noNullPrototype: true }),
  ),
})).value;

/** The plainest reading of RFC 8785, to compare with. */
function reference(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(reference).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const object = value as { [key: string]: Json };
  const members = Object.keys(object)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${reference(object[key]!)}`);
  return `{${members.join(',')}}`;
}

describe('canonical JSON (RFC 8785)', () => {
  it('is what the plain reading says, and parses to the same value', () => {
    fc.assert(
      fc.property(json, (value) => {
        const canonical = canonicalJson(value);
        expect(canonical).toBe(reference(value));
        expect(canonicalJson(JSON.parse(canonical))).toBe(canonical);
      }),
    );
  });

  it('does not depend on the order of the keys', () => {
    fc.assert(
      fc.property(
        fc.dictionary(
          text,
          fc.maxSafeInteger().map((n) => n + 0),
          { maxKeys: 40, noNullPrototype: true },
        ),
        (object) => {
          const reversed = Object.fromEntries(Object.entries(object).reverse());
          expect(canonicalJson(reversed)).toBe(canonicalJson(object));
        },
      ),
    );
  });

  it('sorts by UTF-16 code units and escapes as the RFC shows', () => {
    const value = {
      '\u20ac': 'Euro Sign',
      '\r': 'Carriage Return',
      '\ufb33': 'Dalet',
      '1': 'One',
      '\ud83d\ude00': 'Smiley',
      '\u0080': 'Control',
      '\u00f6': 'Latin',
    };
    const keys = Object.keys(JSON.parse(canonicalJson(value)) as object);
    expect(keys).toEqual(['1', '\r', '\u0080', '\u00f6', '\u20ac', '\ud83d\ude00', '\ufb33']);
    expect(canonicalJson('\u20ac$\u000f\nA\'B"\\\\"/')).toBe('"\u20ac$\\u000f\\nA\'B\\"\\\\\\\\\\"/"');
  });

  const refused: readonly [string, unknown][] = [
    ['bigint', 1n],
    ['fraction', 1.5],
    ['unsafe integer', 2 ** 53],
    ['minus zero', -0],
    ['NaN', Number.NaN],
    ['undefined', undefined],
    ['undefined member', { a: undefined }],
    ['hole', [, 1]],
    ['Date', new Date(0)],
    ['Map', new Map()],
    ['function', () => 1],
    ['symbol', Symbol('x')],
    ['lone surrogate', 'a\ud800'],
    ['lone surrogate in a key', { '\udc00': 1 }],
    ['bytes', new Uint8Array(1)],
    ['boxed', Object(1)],
  ];
  it.each(refused)('refuses %s, at any depth', (_name, value) => {
    expect(() => canonicalJson(value)).toThrow(expect.objectContaining({ code: 'EVENT_NOT_JSON' }));
    expect(() => canonicalJson({ a: [{ b: value }] })).toThrow(expect.objectContaining({ code: 'EVENT_NOT_JSON' }));
  });

  it('refuses a cycle instead of running out of stack', () => {
    const cycle: { self?: unknown } = {};
    cycle.self = cycle;
    expect(() => canonicalJson(cycle)).toThrow(expect.objectContaining({ code: 'EVENT_NOT_JSON' }));
  });
});

describe('plainJson', () => {
  class Amount {
    constructor(
      readonly minor: string,
      readonly note?: string | undefined,
    ) {}
  }

  it('is what JSON makes of it: objects of classes, absent fields, minus zero', () => {
    const request = { amount: new Amount('5', undefined), list: [new Amount('1'), -0], absent: undefined, none: null };
    expect(canonicalJson(plainJson(request))).toBe('{"amount":{"minor":"5"},"list":[{"minor":"1"},0],"none":null}');
    fc.assert(
      fc.property(fc.dictionary(text, json), (value) => {
        fc.pre(!JSON.stringify(value).includes('"__proto__"'));
        expect(plainJson(value)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it('leaves no field out that JSON has, and does not follow a cycle', () => {
    const cycle: { self?: unknown } = {};
    cycle.self = cycle;
    const refused = expect.objectContaining({ code: 'EVENT_NOT_JSON' });
    expect(() => plainJson(JSON.parse('{"__proto__":1}') as object)).toThrow(refused);
    expect(() => plainJson(cycle)).toThrow(refused);
    expect(() => canonicalJson(plainJson({ a: 1.5 }))).toThrow(refused);
  });
});

describe('sha256Hex', () => {
  it('hashes UTF-8 bytes', () => {
    expect(sha256Hex('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
    fc.assert(
      fc.property(text, (s) => expect(sha256Hex(s)).toBe(createHash('sha256').update(Buffer.from(s)).digest('hex'))),
    );
    fc.assert(
      fc.property(fc.uint8Array(), (b) => expect(sha256Hex(b)).toBe(createHash('sha256').update(b).digest('hex'))),
    );
  });
});
