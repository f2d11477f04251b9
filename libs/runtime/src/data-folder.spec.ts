import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { findOwner, publishAddress, withdrawAddress } from './address-file.js';
import { dataFolderAt, ensureFolder, isEmptyFolder, prepareDataFolder, type DataFolder } from './data-folder.js';
import { readMasterKey } from './master-key.js';

let folder: DataFolder;

beforeEach(() => {
  folder = dataFolderAt(mkdtempSync(join(tmpdir(), 'estate-folder-')));
});
afterEach(() => rmSync(folder.root, { recursive: true, force: true }));

const refusal = (code: string): unknown => expect.objectContaining({ code });

describe('a data folder', () => {
  it('is laid out once, with a master key that only its owner can read', () => {
    prepareDataFolder(folder, false);
    const key = readFileSync(folder.masterKeyFile, 'utf8');
    prepareDataFolder(folder, false);
    expect(readdirSync(folder.root).sort()).toEqual(['documents', 'events', 'format.json', 'vault']);
    expect(readFileSync(folder.masterKeyFile, 'utf8')).toBe(key);
    expect(statSync(folder.masterKeyFile).mode & 0o777).toBe(0o600);
    expect(readMasterKey({}, folder)).toHaveLength(32);
  });

  it('is laid out again after a crash before its marker', () => {
    mkdirSync(folder.events);
    mkdirSync(folder.vault);
    writeFileSync(`${folder.formatFile}.123.tmp`, '{');
    prepareDataFolder(folder, false);
    expect(readFileSync(folder.formatFile, 'utf8')).toBe('{"format":1}\n');
  });

  it.each(['{"format":2}', '{"format":"1"}', '{}', 'null', '', 'x'])('of another format is refused: %j', (marker) => {
    writeFileSync(folder.formatFile, marker);
    expect(() => prepareDataFolder(folder, false)).toThrow(refusal('DATA_FORMAT_UNKNOWN'));
  });

  it("is not made of somebody else's folder, nor of a file", () => {
    writeFileSync(join(folder.root, 'thesis.doc'), '');
    expect(() => prepareDataFolder(folder, false)).toThrow(refusal('DATA_FOLDER_INVALID'));
    expect(readdirSync(folder.root)).toEqual(['thesis.doc']);
    expect(() => ensureFolder(join(folder.root, 'thesis.doc'))).toThrow(refusal('DATA_FOLDER_INVALID'));
  });

  it('does without a key of its own only when the environment has one', () => {
    prepareDataFolder(folder, true);
    expect(() => prepareDataFolder(folder, false)).toThrow(refusal('VAULT_KEY_MISSING'));
    expect(readMasterKey({}, folder)).toBeUndefined();
    expect(readMasterKey({ ESTATE_MASTER_KEY: 'ab'.repeat(32) }, folder)?.toString('hex')).toBe('ab'.repeat(32));
    expect(() => readMasterKey({ ESTATE_MASTER_KEY: 'short' }, folder)).toThrow(refusal('VAULT_KEY_INVALID'));
  });

  it('counts as empty when it is missing', () => {
    expect(isEmptyFolder(folder.root)).toBe(true);
    expect(isEmptyFolder(join(folder.root, 'none'))).toBe(true);
    prepareDataFolder(folder, false);
    expect(isEmptyFolder(folder.root)).toBe(false);
  });
});

describe("the owner's address", () => {
  const address = { eventstore: 'esdb://127.0.0.1:1?tls=false', mongodb: 'mongodb://127.0.0.1:1/', projecting: true };

  it('is void when its process is gone, its ports do not answer, or the file is not whole', async () => {
    expect(await findOwner(folder)).toBeUndefined();
    publishAddress(folder, { pid: 2 ** 22 + 1, ...address });
    expect(await findOwner(folder)).toBeUndefined();
    publishAddress(folder, { pid: process.pid, ...address });
    expect(await findOwner(folder)).toBeUndefined();
    writeFileSync(folder.addressFile, '{"pid":');
    expect(await findOwner(folder)).toBeUndefined();
    withdrawAddress(folder);
    expect(readdirSync(folder.root)).toEqual([]);
  });
});
