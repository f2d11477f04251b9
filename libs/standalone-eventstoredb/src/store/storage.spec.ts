import { existsSync, mkdtempSync, readFileSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { StoredRecord } from '../wire/record.js';
import { DATA_FILE } from './data-file.js';
import { EventLog } from './event-log.js';
import { LogReader } from './log-reader.js';

const MIB = 1024 * 1024;
const EVENTS_EACH = 4;
const PAYLOAD = 60_000;

let dataDir: string;
let log: EventLog;
let reader: LogReader;

beforeEach(async () => {
  dataDir = realpathSync(mkdtempSync(join(tmpdir(), 'standalone-storage-')));
  await openLog();
});
afterEach(async () => {
  await log.close();
  rmSync(dataDir, { recursive: true, force: true });
});

async function openLog(): Promise<void> {
  log = await EventLog.open(dataDir);
  reader = new LogReader(log);
}

async function append(stream: string): Promise<void> {
  const event = () => ({
    id: randomUUID(),
    type: Buffer.from('T'),
    isJson: false,
    data: Buffer.alloc(PAYLOAD, stream),
    metadata: Buffer.alloc(0),
  });
  await log.append(log.streams.open(stream), Array.from({ length: EVENTS_EACH }, event));
}

/** Resident pages of the data file in this process, in bytes. */
function mappedOfFile(): number {
  const blocks = readFileSync('/proc/self/smaps', 'latin1').split(/^(?=[\da-f]+-[\da-f]+ )/m);
  const ours = blocks.filter((block) => block.split('\n')[0]!.endsWith(join(dataDir, DATA_FILE)));
  return ours.reduce((sum, block) => sum + Number(/^Rss:\s+(\d+) kB/m.exec(block)![1]) * 1024, 0);
}

/** Positions of everything there is, and the most that was mapped meanwhile. */
async function readAll(): Promise<{ positions: number[]; mapped: number }> {
  const positions: number[] = [];
  let mapped = 0;
  for (let next = 1, pages = 0; ; pages++) {
    const page = reader.allForwards(next);
    for (const record of page.records) positions.push(new StoredRecord(record).position);
    if (page.end) return { positions, mapped };
    next = page.next;
    if (pages % 8 === 0 && existsSync('/proc/self/smaps')) mapped = Math.max(mapped, mappedOfFile());
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const upTo = (head: number): number[] => Array.from({ length: head }, (_, index) => index + 1);

describe('the files', () => {
  it('never have much of them mapped, however much is read while others write and wait', async () => {
    for (let n = 0; n < 50; n++) await Promise.all(Array.from({ length: 10 }, (_, m) => append(`many-${n}-${m}`)));
    const stop = new AbortController();
    let seen = log.head;
    const subscriber = async () => {
      while (!stop.signal.aborted) {
        const page = reader.allForwards(seen + 1);
        for (const record of page.records) expect(new StoredRecord(record).position).toBe(++seen);
        if (page.end && !stop.signal.aborted) await log.notifier.wait('', stop.signal);
      }
    };
    const following = subscriber();
    const before = log.head;
    let reading = true;
    const writer = async () => {
      for (let n = 0; reading; n++) await append(`meanwhile-${n % 3}`);
    };
    const writing = writer();
    const results = await Promise.all([readAll(), readAll(), readAll()]);
    reading = false;
    await writing;
    for (const { positions, mapped } of results) {
      expect(positions.slice(0, before)).toEqual(upTo(before));
      expect(mapped).toBeLessThan(80 * MIB);
    }
    const { positions } = await readAll();
    expect(positions).toEqual(upTo(log.head));
    expect(log.head).toBeGreaterThan(before);
    stop.abort();
    await following;
    expect(seen).toBe(log.head);
    await log.close();
    await openLog();
    expect((await readAll()).positions).toEqual(positions);
  }, 120_000);

  it('that are gone when they should be opened anew end reading and writing in words', async () => {
    for (let n = 0; n < 30; n++) await Promise.all(Array.from({ length: 10 }, (_, m) => append(`gone-${n}-${m}`)));
    renameSync(join(dataDir, DATA_FILE), join(dataDir, 'elsewhere'));
    const failure = expect(log.failed).rejects.toThrow(/data\.mdb can't be opened any more/);
    await expect(readAll()).rejects.toThrow(/data\.mdb can't be opened any more/);
    await failure;
    await expect(append('more')).rejects.toThrow(/can't be opened any more/);
  }, 60_000);
});

describe('a record that is not what was written', () => {
  it('is an error for whoever reads it, and for nobody else', async () => {
    await append('sound');
    await append('hurt');
    for (let n = 0; n < 300; n++) await append('latest');
    await log.close();
    const path = join(dataDir, DATA_FILE);
    const bytes = readFileSync(path);
    bytes[bytes.indexOf('hurthurt') + 100]! ^= 1;
    writeFileSync(path, bytes);
    await openLog();
    expect(reader.streamForwards(log.streams.open('sound'), 0).records).toHaveLength(EVENTS_EACH);
    expect(reader.streamForwards(log.streams.open('latest'), 0).records.length).toBeGreaterThan(0);
    expect(() => reader.streamForwards(log.streams.open('hurt'), 0)).toThrow(/position 5 can't be read/);
    expect(() => reader.allForwards(1)).toThrow(/position 5 can't be read/);
    expect(() => reader.allBackwards(9)).toThrow(/position 5 can't be read/);
  });
});
