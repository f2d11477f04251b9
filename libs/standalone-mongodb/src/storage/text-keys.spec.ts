import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { docOf } from '../bson/build.js';
import { KeyBuilder } from '../bson/key.js';
import { Catalog } from './catalog.js';
import type { Collection } from './collection.js';
import { Environment } from './environment.js';
import { indexFromSpec, type IndexInfo } from './index-info.js';
import { renewTextKeys } from './text-keys.js';
import { verify } from './verify.js';

const TEXTS = ['a', 'a\0', 'a\0b', 'a\x01', 'a\x01\x01', 'b'];

let path: string;
let catalog: Catalog;

beforeEach(() => {
  path = mkdtempSync(join(tmpdir(), 'mongodb-text-keys-'));
  catalog = new Catalog(new Environment(path));
  jest.spyOn(console, 'error').mockImplementation(() => undefined);
});
afterEach(async () => {
  jest.restoreAllMocks();
  await catalog.close();
  rmSync(path, { recursive: true, force: true });
});

function keyOf(text: string, descending: boolean): string {
  KeyBuilder.begin(1);
  KeyBuilder.add(text, descending);
  return KeyBuilder.take().toString('hex');
}

it('writes keys of texts in their order, none of which begins another', () => {
  expect(['a\0b\x01', 'é'].map((text) => keyOf(text, false))).toEqual(['000000010f61010162010200', '000000010fc3a900']);
  const keys = TEXTS.map((text) => keyOf(text, false));
  expect([...keys].sort()).toEqual(keys);
  expect(keys.filter((key) => keys.some((other) => other !== key && other.startsWith(key)))).toEqual([]);
  const descending = TEXTS.map((text) => keyOf(text, true)).reverse();
  expect([...descending].sort()).toEqual(descending);
});

/** As earlier versions wrote it: a 0 as 0,255, a 1 as it is. */
function earlierKey(index: IndexInfo, text: string, rid: number): Buffer {
  const bytes = Buffer.from(`\x0f${text.replaceAll('\0', '\0\xff')}\0`, 'latin1');
  if (index.descending[0] === true) bytes.forEach((byte, i) => (bytes[i] = ~byte & 0xff));
  const key = Buffer.alloc(4 + bytes.length + 6);
  key.writeUInt32BE(index.table);
  bytes.copy(key, 4);
  key.writeUIntBE(rid, 4 + bytes.length, 6);
  return key.subarray(0, index.unique ? 4 + bytes.length : key.length);
}

/** Stores documents as an earlier version did. */
async function storeAsEarlier(name: string, texts: readonly string[]): Promise<Collection> {
  const { env } = catalog;
  return env.write(() => {
    const collection = catalog.ensure('db', name);
    const byText = indexFromSpec(docOf({ key: { text: -1 }, name: 'text_-1' }), catalog.nextTable());
    collection.setIndexes([...collection.indexes, byText]);
    const stored = texts.map((text) => {
      const doc = docOf({ _id: text, text });
      collection.insert(doc);
      return { text, doc, rid: collection.latestRidOf(text) as number };
    });
    for (const index of collection.indexes) {
      for (const { doc, rid } of stored) collection.entries.remove(index, collection.entries.keysOf(index, doc, rid));
      for (const { text, rid } of stored) collection.entries.put(index, [earlierKey(index, text, rid)], rid);
    }
    return collection;
  });
}

const nothing = (): void => undefined;

it('builds indexes of an earlier version anew where texts need it, once', async () => {
  const escaped = await storeAsEarlier('escaped', TEXTS);
  const plain = await storeAsEarlier('plain', ['a', 'b']);
  const [tables, plainTables] = [escaped, plain].map(({ indexes }) => indexes.map(({ table }) => table));
  expect((await verify(escaped, nothing)).lacking).toEqual(['_id_', 'text_-1']);
  expect((await verify(plain, nothing)).lacking).toEqual([]);

  await renewTextKeys(catalog);
  for (const collection of [escaped, plain]) {
    expect(await verify(collection, nothing)).toMatchObject({ lacking: [], excessive: [] });
  }
  expect(plain.indexes.map(({ table }) => table)).toEqual(plainTables);
  const renewed = escaped.indexes.map(({ table }) => table);
  expect(renewed.filter((table) => tables?.includes(table))).toEqual([]);
  await renewTextKeys(catalog);
  expect(escaped.indexes.map(({ table }) => table)).toEqual(renewed);
});
