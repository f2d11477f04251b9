import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Storage } from './storage.js';
import { Writer } from './writer.js';

let dataDir: string;
let storage: Storage;
let writer: Writer;

beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'eventstoredb-writer-'));
  storage = await Storage.open(dataDir);
  writer = new Writer(storage, () => undefined);
});
afterEach(async () => {
  await writer.close();
  await storage.close();
  rmSync(dataDir, { recursive: true, force: true });
});

const ofFreePages = Object.assign(new Error('freelist entry'), { code: -30782 });
const unexplained = Object.assign(new Error('Commit failed'), { commitError: new Promise<never>(() => undefined) });
const refuse = (error: Error = ofFreePages): void => {
  storage.files.root.batch = () => Promise.reject(error);
};
const put = (key: string): Promise<string> =>
  writer.run(
    () => void storage.files.state.put(key, 1),
    () => key,
  );

describe('a commit that lmdb refuses for its list of free pages, or without a word', () => {
  it.each([ofFreePages, unexplained])(
    'is written after the files were opened again, and what waits after it',
    async (error) => {
      refuse(error);
      await expect(Promise.all([put('a'), put('b')])).resolves.toEqual(['a', 'b']);
      await put('c');
      expect(['a', 'b', 'c'].map((key) => storage.files.state.get(key))).toEqual([1, 1, 1]);
    },
  );

  it('is given up when it is refused again', async () => {
    refuse();
    const reopen = storage.reopen.bind(storage);
    storage.reopen = async (again) => reopen(again).then(() => refuse());
    await expect(put('a')).rejects.toThrow('writing failed, restart the server: freelist entry');
    expect(storage.files.state.get('a')).toBeUndefined();
  });
});
