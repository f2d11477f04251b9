import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { randomBytes, randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { StoredRecord } from '../wire/record.js';
import { DATA_FILE } from './data-file.js';
import { EventLog } from './event-log.js';
import { LogReader } from './log-reader.js';
import { checkPages } from './page-check.js';

const PAGE = 4096;
const COMMITS = 40;

let folder: string;
let dataDir: string;
let log: EventLog | undefined;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'standalone-torn-'));
  dataDir = join(folder, 'running');
  log = await EventLog.open(dataDir);
  for (let n = 0; n < COMMITS; n++) await append(log, n);
  jest.spyOn(console, 'error').mockImplementation(() => undefined);
});
afterEach(async () => {
  jest.restoreAllMocks();
  await log?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** One commit: an event of up to some pages, the number at its start. */
async function append(into: EventLog, n: number): Promise<void> {
  const data = Buffer.alloc(10 + ((n * 977) % 9000), `${n};`);
  const event = { id: randomUUID(), type: Buffer.from('T'), isJson: false, data, metadata: Buffer.alloc(0) };
  await into.append(into.streams.open(`torn-${n % 3}`), [event]);
}

/** What the disk would have if the power were cut now: the kernel's view of the file is that of a process killed now. */
function snapshot(): Buffer {
  return readFileSync(join(dataDir, DATA_FILE));
}

async function openCopy(bytes: Buffer): Promise<number[]> {
  const copy = join(folder, randomUUID());
  mkdirSync(copy);
  writeFileSync(join(copy, DATA_FILE), bytes);
  const opened = await EventLog.open(copy);
  try {
    const { records } = new LogReader(opened).allForwards(1);
    const numbers = records.map((record) => parseInt(new StoredRecord(record).data.toString('latin1'), 10));
    // It goes on from there.
    await append(opened, numbers.length);
    expect(opened.head).toBe(numbers.length + 1);
    return numbers;
  } finally {
    await opened.close();
  }
}

function newestHeader(bytes: Buffer): number {
  return bytes.readBigUInt64LE(152) > bytes.readBigUInt64LE(PAGE + 152) ? 0 : 1;
}

const acknowledged = Array.from({ length: COMMITS }, (_, n) => n);

describe('a power cut', () => {
  it('in the pages of a commit, in any order, in part, loses nothing acknowledged', async () => {
    const before = snapshot();
    await append(log!, COMMITS);
    const after = snapshot();
    for (let round = 0; round < 25; round++) {
      const torn = Buffer.alloc(Math.random() < 0.5 ? before.length : after.length);
      before.copy(torn);
      // The header is written when the pages are on disk: here it has not been.
      for (let at = 2 * PAGE; at < torn.length; at += PAGE) {
        const written = [0, 512, PAGE / 2, PAGE][Math.floor(Math.random() * 4)]!;
        after.copy(torn, at, at, Math.min(at + written, after.length));
      }
      expect(await openCopy(torn)).toEqual(acknowledged);
    }
  }, 60_000);

  it('in the header of a commit loses that commit, of which nobody was told, and nothing else', async () => {
    await append(log!, COMMITS);
    const torn = snapshot();
    torn.fill(0xab, newestHeader(torn) * PAGE + 8, newestHeader(torn) * PAGE + 512);
    expect(await openCopy(torn)).toEqual(acknowledged);
    expect(console.error).toHaveBeenCalledWith(expect.stringContaining('half-written'));
  });

  it('in the first write of a new file leaves a new file', async () => {
    for (const bytes of [Buffer.alloc(0), Buffer.alloc(5000), snapshot().subarray(0, 100)]) {
      expect(await openCopy(bytes)).toEqual([]);
    }
  });
});

describe('a file that is damaged', () => {
  it('by the loss of both headers is refused in words', async () => {
    const bytes = snapshot().fill(0xab, 0, 2 * PAGE);
    await expect(openCopy(bytes)).rejects.toThrow(/both of its headers are damaged/);
  });

  it('by a cut is refused in words, and stays as it is', async () => {
    const bytes = snapshot();
    for (const pages of [1, 8, bytes.length / PAGE - 3]) {
      const cut = bytes.subarray(0, bytes.length - pages * PAGE);
      const copy = join(folder, `cut-${pages}`);
      mkdirSync(copy);
      writeFileSync(join(copy, DATA_FILE), cut);
      const outcome = await EventLog.open(copy).then(
        async (opened) => opened.close(),
        (error: Error) => error.message,
      );
      // Pages at the end may be free: then nothing is missing.
      if (typeof outcome === 'string') {
        expect(outcome).toMatch(/is cut off at \d+ bytes/);
        expect(statSync(join(copy, DATA_FILE)).size).toBe(cut.length);
      } else expect(pages).toBe(1);
    }
  });

  it('in the last events is refused in words', async () => {
    await append(log!, COMMITS);
    const bytes = snapshot();
    const at = bytes.indexOf(`${COMMITS};${COMMITS};`);
    bytes.fill(0, at - 220, at);
    await expect(openCopy(bytes)).rejects.toThrow(/position \d+ can't be read/);
  });

  it('on the way to its leaves is found, however little time there is', async () => {
    const event = (n: number) => ({
      id: randomUUID(),
      type: Buffer.from('T'),
      isJson: false,
      data: Buffer.from(`${n}`),
      metadata: Buffer.alloc(0),
    });
    await Promise.all(Array.from({ length: 400 }, (_, n) => log!.append(log!.streams.open(`many-${n}`), [event(n)])));
    const whole = snapshot();
    // Flags of a page: 1 on the way, 2 a leaf.
    for (const [kind, found] of [[1, true] as const, [2, false] as const]) {
      const copy = join(folder, `kind-${kind}`);
      mkdirSync(copy);
      const bytes = Buffer.from(whole);
      // The leaf that holds the roots of the tables counts as a part of the way.
      const root = newestHeader(bytes) * PAGE + 24 + 72 + 40;
      const keep = Number(bytes.readBigUInt64LE(root));
      for (let page = 2; page < bytes.length / PAGE; page++) {
        if (page !== keep && bytes.readUInt16LE(page * PAGE + 18) === kind)
          bytes.fill(0xff, page * PAGE + 20, page * PAGE + 24);
      }
      writeFileSync(join(copy, DATA_FILE), bytes);
      if (found) expect(() => checkPages(copy, 0)).toThrow(/is not what was written/);
      else expect(checkPages(copy, 0)).toBe(false);
      expect(() => checkPages(copy, Infinity)).toThrow(/is not what was written/);
    }
  });

  it('in any of its pages is refused in words, or answers what was written', async () => {
    const bytes = snapshot();
    const pages = bytes.length / PAGE;
    let refused = 0;
    for (let page = 2; page < pages; page++) {
      const damaged = Buffer.from(bytes);
      const length = [PAGE, 512, 8, 1][page % 4]!;
      const at = page * PAGE + Math.floor(Math.random() * (PAGE - length + 1));
      randomBytes(length).copy(damaged, at);
      const outcome = await openCopy(damaged).catch((error: Error) => error.message);
      // What is not answered as it was written must be said to be damaged.
      if (typeof outcome !== 'string') expect(outcome).toEqual(acknowledged);
      else refused += 1;
    }
    expect(refused).toBeGreaterThan(5);
  }, 120_000);
});
