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
