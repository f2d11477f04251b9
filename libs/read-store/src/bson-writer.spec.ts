import { describe, expect, it } from '@jest/globals';
import { BSON, Decimal128, Long } from 'mongodb';
import { BsonWriter } from './bson-writer.js';

const serialized = (document: object): string =>
  Buffer.from(BSON.serialize(document, { ignoreUndefined: false })).toString('hex');

function written(...documents: object[]): string {
  const writer = new BsonWriter();
  for (const document of documents) writer.add(document);
  return writer.written.toString('hex');
}

const VALUES: readonly unknown[] = [
  ...[
    '',
    'x',
    '业主 · 1–101',
    'e\u0301',
    '\u{1F600}',
    'with \0 inside',
    'a lone \ud800 surrogate',
    'x'.repeat(64),
    'ü'.repeat(64),
  ],
  ...['x'.repeat(65), `${'x'.repeat(63)}業`, '業'.repeat(70_000)],
  ...[
    0,
    1,
    -1,
    -0,
    2 ** 31 - 1,
    2 ** 31,
    -(2 ** 31),
    -(2 ** 31) - 1,
    2 ** 53,
    0.1,
    Number.NaN,
    Infinity,
    -Infinity,
    5e-324,
  ],
  ...[0n, 1n, -1n, 2n ** 63n - 1n, -(2n ** 63n)],
  ...[true, false, null, undefined],
  ...[[], [1, 'a', null, [2n, {}], undefined], {}, { a: { b: { 业: [{ c: undefined }] } } }],
  Object.assign(Object.create(null) as object, { bare: true }),
];
/** Left to the driver. */
const OTHER_VALUES: readonly unknown[] = [
  ...[new Date(0), /x/, Long.fromNumber(5), Decimal128.fromString('1.5'), new Uint8Array([1, 2]), () => 1, Symbol('s')],
  { nested: [new Date(1)], toBSON: () => ({ other: 1 }) },
];

describe('BsonWriter', () => {
  it.each([...VALUES, ...OTHER_VALUES].map((value) => [value]))('writes what the driver would: %p', (value) => {
    const document = { _id: 'ä', value, 'a name': value, last: [value, value] };
    expect(written(document)).toBe(serialized(document));
  });

  it('writes documents one behind the other, however large', () => {
    const documents = Array.from({ length: 3_000 }, (_, n) => ({
      _id: `d${n}`,
      position: BigInt(n),
      text: '业'.repeat(n % 90),
    }));
    expect(written(...documents)).toBe(documents.map(serialized).join(''));
  });

  it('goes on behind what the driver has written, and takes back what is too much', () => {
    const writer = new BsonWriter();
    writer.add({ a: 1 });
    const { length } = writer;
    writer.add({ when: new Date(0), after: 'x' });
    writer.cutTo(length);
    writer.add({ b: 'y' });
    expect(writer.written.toString('hex')).toBe(serialized({ a: 1 }) + serialized({ b: 'y' }));
    writer.clear();
    expect(writer.written).toHaveLength(0);
  });

  it('refuses a name with a zero byte, as the driver does', () => {
    const writer = new BsonWriter();
    expect(() => writer.add({ ['a\0b']: 1 })).toThrow('null');
    expect(() => BSON.serialize({ ['a\0b']: 1 })).toThrow('null');
  });
});
