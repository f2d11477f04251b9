import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { ProposedEvent } from '../wire/record.js';
import { StoredRecord } from '../wire/record.js';
import { Appender } from './appender.js';
import { EventLog } from './event-log.js';
import { LogReader } from './log-reader.js';

let dataDir: string;
let log: EventLog;

beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'standalone-log-'));
  log = await EventLog.open(dataDir);
});
afterEach(async () => {
  await log.close();
  rmSync(dataDir, { recursive: true, force: true });
});

let counter = 0;
function event(data: Uint8Array): ProposedEvent {
  const id = `00000000-0000-4000-8000-${(counter++).toString(16).padStart(12, '0')}`;
  return { id, type: Buffer.from('T'), isJson: false, data: Buffer.from(data), metadata: Buffer.alloc(0) };
}

const name = fc.oneof(
  fc.string({ unit: 'binary', minLength: 1, maxLength: 40 }),
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }),
  fc.constantFrom('\0', '\u0001\u0002', 'x'.repeat(3000), '长'.repeat(2000), '\u0000'.repeat(1900), 'n', 'h'),
);

describe('the log', () => {
  it('gives back what was appended, under any name, in any sizes, before and after it is opened again', async () => {
    const appends = fc.array(
      fc.tuple(name, fc.array(fc.uint8Array({ maxLength: 5000 }), { minLength: 1, maxLength: 40 })),
      {
        minLength: 1,
        maxLength: 30,
      },
    );
    await fc.assert(
      fc.asyncProperty(appends, async (list) => {
        const expected = new Map<string, Buffer[]>();
        const appender = new Appender(log, new LogReader(log));
        const prefix = `${counter}:`;
        await Promise.all(
          list.map(async ([stream, payloads]) => {
            const known = expected.get(prefix + stream) ?? [];
            expected.set(prefix + stream, [...known, ...payloads.map((payload) => Buffer.from(payload))]);
            const outcome = await appender.append(prefix + stream, 'any', payloads.map(event));
            expect(outcome.kind).toBe('appended');
          }),
        );
        for (let round = 0; round < 2; round++) {
          const reader = new LogReader(log);
          for (const [stream, payloads] of expected) {
            const info = log.streams.open(stream);
            expect(info.committed).toBe(payloads.length - 1);
            const forwards = pages((from) => reader.streamForwards(info, from, 7), 0);
            expect(forwards.map(({ data }) => data)).toEqual(payloads);
            expect(forwards.map(({ revision }) => revision)).toEqual(payloads.map((_, revision) => revision));
            const backwards = pages((from) => reader.streamBackwards(info, from, 7), Infinity);
            expect(backwards.map(({ data }) => data)).toEqual([...payloads].reverse());
          }
          const positions = pages((from) => reader.allForwards(from, 7), 1).map(({ position }) => position);
          expect(positions).toEqual(Array.from({ length: log.head }, (_, index) => index + 1));
          const back = pages((before) => reader.allBackwards(before, 7), Infinity).map(({ position }) => position);
          expect(back).toEqual([...positions].reverse());
          await log.close();
          log = await EventLog.open(dataDir);
        }
      }),
      { numRuns: 15 },
    );
  }, 60_000);

  it('keeps streams in memory whose events are on their way to the disk, however many others are asked for', async () => {
    const written = [0, 1, 2].map((n) => log.append(log.streams.open(`busy-${n}`), [event(Buffer.of(n))]));
    for (let n = 0; n < 25_000; n++) log.streams.open(`other-${n}`);
    expect([0, 1, 2].map((n) => log.streams.open(`busy-${n}`).last)).toEqual([0, 0, 0]);
    const revisions = await Promise.all(
      [0, 1, 2].map((n) => log.append(log.streams.open(`busy-${n}`), [event(Buffer.of(n))])),
    );
    expect(revisions.map(({ revision }) => revision)).toEqual([1, 1, 1]);
    await Promise.all(written);
  });
});

function pages(
  read: (from: number) => { records: Buffer[]; next: number; end: boolean },
  start: number,
): StoredRecord[] {
  const records: StoredRecord[] = [];
  for (let from = start; ;) {
    const page = read(from);
    records.push(...page.records.map((record) => new StoredRecord(record)));
    if (page.end) return records;
    from = page.next;
  }
}
