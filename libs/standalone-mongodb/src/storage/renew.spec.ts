import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Environment } from './environment.js';
import { renewOldFile } from './renew.js';

const COUNT = 45_000;
const ALL = { start: Buffer.from([0]), end: Buffer.from([255]), limit: Infinity };

let path: string;
const file = () => join(path, 'data.mdb');

beforeEach(() => {
  path = mkdtempSync(join(tmpdir(), 'mongodb-renew-'));
  jest.spyOn(console, 'error').mockImplementation(() => undefined);
});
afterEach(() => {
  jest.restoreAllMocks();
  rmSync(path, { recursive: true, force: true });
});

/** As an earlier version leaves it: without the mark. */
async function fill(): Promise<void> {
  const environment = new Environment(path);
  await environment.write(() => {
    const key = Buffer.alloc(6);
    for (let n = 0; n < COUNT; n += 1) {
      key.writeUInt32BE(n, 0);
      environment.put(environment.records, key, Buffer.from(`value ${n}`));
    }
    environment.put(environment.indexes, Buffer.from([0, 0, 0, 1]), Buffer.alloc(0));
  });
  await environment.close();
}

async function stored(): Promise<string[]> {
  const environment = new Environment(path);
  const { records, indexes } = environment;
  const found = [records, indexes].flatMap((table) => table.entries(ALL).items);
  await environment.close();
  return found.map(({ key, value }) => `${key.toString('hex')} ${value.toString()}`);
}

describe('the file of an earlier version', () => {
  it('is copied once, with all that is in it', async () => {
    await fill();
    const before = await stored();
    const { ino } = statSync(file());
    await renewOldFile(path);
    const renewed = statSync(file()).ino;
    await renewOldFile(path);
    expect(before).toHaveLength(COUNT + 1);
    expect(await stored()).toEqual(before);
    expect(renewed).not.toBe(ino);
    expect(statSync(file()).ino).toBe(renewed);
    expect(existsSync(join(path, '_renewed'))).toBe(false);
  });

  it('is not copied when it is new', async () => {
    await renewOldFile(path);
    const { ino } = statSync(file());
    await fill();
    await renewOldFile(path);
    expect(statSync(file()).ino).toBe(ino);
  });
});
