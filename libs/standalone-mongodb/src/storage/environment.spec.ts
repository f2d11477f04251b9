import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Environment } from './environment.js';

const TOO_LONG_FOR_LMDB = 3000;
const folder = () => mkdtempSync(join(tmpdir(), 'mongodb-environment-'));

let path: string;
let environment: Environment;
const value = Buffer.from('value');
const put = (key: Buffer) => environment.write(() => environment.put(environment.records, key, value));

beforeEach(() => {
  path = folder();
  environment = new Environment(path);
});
afterEach(async () => {
  await environment.close();
  rmSync(path, { recursive: true, force: true });
});

describe('a batch that could not be stored', () => {
  it('has the files opened afresh for what comes after', async () => {
    await put(Buffer.from('before'));
    await expect(put(Buffer.alloc(TOO_LONG_FOR_LMDB, 1))).rejects.toThrow();
    await put(Buffer.from('after'));
    expect(environment.reopenings).toBe(1);
    const found = ['before', 'after'].map((key) => environment.records.get(Buffer.from(key))?.toString());
    expect(found).toEqual(['value', 'value']);
  });
});

describe('a batch that lmdb refuses for its list of free pages', () => {
  const refusal = (): Error => Object.assign(new Error('MDB_BAD_TXN: freelist entry'), { code: -30782 });
  const refuse = (times: number): void => {
    const { meta } = environment;
    const ifExists = meta.ifExists.bind(meta);
    let refused = 0;
    meta.ifExists = (key, batch) => (refused++ < times ? Promise.reject(refusal()) : ifExists(key, batch));
  };
  const found = () => ['a', 'b', 'c'].map((key) => environment.records.get(Buffer.from(key))?.toString());

  it('is written after the files were opened again, with what came behind it', async () => {
    refuse(1);
    await Promise.all(['a', 'b', 'c'].map((key) => put(Buffer.from(key))));
    expect(found()).toEqual(['value', 'value', 'value']);
    expect(environment.reopenings).toBeGreaterThan(0);
  });

  it('is written again when lmdb does not say why', async () => {
    const { meta } = environment;
    const ifExists = meta.ifExists.bind(meta);
    const unexplained = Object.assign(new Error('Commit failed'), { commitError: new Promise<never>(() => undefined) });
    meta.ifExists = () => {
      meta.ifExists = ifExists;
      return Promise.reject(unexplained);
    };
    await Promise.all(['a', 'b'].map((key) => put(Buffer.from(key))));
    expect(found()).toEqual(['value', 'value', undefined]);
  });

  it('is lost when it is refused again, and the next is written', async () => {
    refuse(2);
    await expect(put(Buffer.from('a'))).rejects.toThrow('freelist entry');
    await put(Buffer.from('b'));
    expect(found()).toEqual([undefined, 'value', undefined]);
  });
});
