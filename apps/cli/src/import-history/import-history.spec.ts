import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { BulkStream, CommandContext } from '#libs/event-store';
import { DomainError } from '#libs/kernel';
import type { Actor, NewEvent } from '#libs/kernel';
import { accountDecider, postingsOf } from '#libs/receivables';
import type { AccountEvent, AccountState } from '#libs/receivables';
import { NaiveBooks, naiveRows } from '../../../../test/support/naive-books.js';
import { csvOf, journalFiles } from '../../../../test/support/random-journal.js';
import type { HistoryBooks } from './history-facts.js';
import { importHistory } from './import-history.js';
import type { ImportRequest, ImportStores } from './import-history.js';
import type { ImportReport } from './import-report.js';

interface Recorded extends NewEvent {
  readonly commandId: string;
  readonly actor: Actor;
}

/** Stores in memory: what is flushed is kept, as it would be in the event store. */
class MemoryStores implements ImportStores {
  readonly books = new Map<string, HistoryBooks>();
  readonly accounts = new Map<string, Recorded[]>();
  failAfterFlushes = Infinity;
  onFlush: () => void = () => undefined;
  onRecord: (events: readonly NewEvent[]) => void = () => undefined;

  async findBooks(communityId: string): Promise<HistoryBooks | undefined> {
    return this.books.get(communityId);
  }

  async register(books: HistoryBooks): Promise<void> {
    this.books.set(books.communityId, books);
  }

  async openAccount(_communityId: string, account: string): Promise<BulkStream<AccountState, NewEvent>> {
    const stored = this.accounts.get(account) ?? [];
    let state = accountDecider.initialState();
    const fold = (event: Recorded): void => {
      if (!accountDecider.handles.has(event.type as AccountEvent['type'])) return;
      state = accountDecider.evolve(state, {
        ...(event as unknown as AccountEvent),
        recordedAt: '',
        actor: event.actor,
      });
    };
    stored.forEach(fold);
    const known = new Set(stored.map((event) => event.commandId));
    let buffer: Recorded[] = [];
    return {
      stream: account,
      get state() {
        return state;
      },
      record: async (context: CommandContext, decide) => {
        if (known.has(context.commandId)) return 'unchanged';
        const made = decide(state).map((event) => ({ ...event, commandId: context.commandId, actor: context.actor }));
        this.onRecord(made);
        made.forEach(fold);
        known.add(context.commandId);
        buffer.push(...made);
        return 'recorded';
      },
      flush: async () => {
        await Promise.resolve();
        if (this.failAfterFlushes-- <= 0) throw new Error('the store is gone');
        this.onFlush();
        if (buffer.length > 0) this.accounts.set(account, [...(this.accounts.get(account) ?? []), ...buffer]);
        const appended = buffer.length;
        buffer = [];
        return { appended, refused: [] };
      },
    };
  }

  types(account: string): string[] {
    return (this.accounts.get(account) ?? []).map((event) => event.type);
  }

  /** Outstanding and credit as of a day, from the postings of the facts. */
  figures(asOf: string): { outstanding: string; credit: string } {
    let [outstanding, credit] = [0n, 0n];
    for (const event of [...this.accounts.values()].flat()) {
      if (event.effectiveOn > asOf || !accountDecider.handles.has(event.type as AccountEvent['type'])) continue;
      for (const posting of postingsOf(event as unknown as AccountEvent)) {
        if (posting.ledgerAccount === 'receivable') outstanding += posting.debitMinor - posting.creditMinor;
        if (posting.ledgerAccount === 'customer-credit') credit += posting.creditMinor - posting.debitMinor;
      }
    }
    return { outstanding: `${outstanding}`, credit: `${credit}` };
  }
}

const HEADER = 'occurredOn,account,entry,amountMinor,dueOn,reference';
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'estate-test-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function run(
  stores: ImportStores,
  content: string | Buffer,
  more: Partial<ImportRequest> = {},
): Promise<ImportReport> {
  const path = join(folder, 'journal.csv');
  await writeFile(path, content);
  return importHistory(stores, { path, communityId: 'yinghu', ...more });
}

describe('import of a journal', () => {
  it('records each entry as its facts, at the date of the line, by the importer', async () => {
    const stores = new MemoryStores();
    const lines = [
      '2020-01-05,A,fee,100,2020-02-01,r1',
      '2020-01-06,A,expense,50,2020-02-01,r2',
      '2020-01-07,A,dispute-opened,,,r3',
      '2020-01-08,A,dispute-progress,,,r4',
      '2020-01-09,A,payment,120,,r5',
      '2020-01-10,A,late-fee,5,2020-01-10,r6',
      '2020-01-11,A,reminder,,,r7',
      '2020-01-12,A,legal-referral,,,r8',
    ];
    expect(await run(stores, [HEADER, ...lines].join('\n'))).toEqual({
      lines: 8,
      imported: 8,
      unchanged: 0,
      skipped: 0,
      rejected: [],
    });
    expect(stores.types('A')).toEqual([
      'AccountOpened',
      'FeeAssessed',
      'FeeAssessed',
      'DisputeOpened',
      'HoldPlaced',
      'DisputeProgressed',
      'PaymentReceived',
      'PaymentAllocated',
      'LateFeeAssessed',
      'ReminderSent',
      'LegalReferralMade',
    ]);
    const first = stores.accounts.get('A')![0]!;
    expect(first).toMatchObject({
      effectiveOn: '2020-01-05',
      occurredAt: '2020-01-04T16:00:00.000Z',
      actor: { id: 'import', role: 'import' },
    });
    expect(stores.books.get('yinghu')).toEqual({ communityId: 'yinghu', currency: 'CNY', timeZone: 'Asia/Shanghai' });
  });

  it('opens an account also by a reminder or a referral', async () => {
    const stores = new MemoryStores();
    await run(
      stores,
      `${HEADER}\n2020-01-11,A,reminder,,,r\n2020-01-11,B,legal-referral,,,r\n2020-01-11,C,dispute-opened,,,r\n`,
    );
    expect([stores.types('A'), stores.types('B'), stores.types('C')]).toEqual([
      ['AccountOpened', 'ReminderSent'],
      ['AccountOpened', 'LegalReferralMade'],
      ['AccountOpened', 'DisputeOpened', 'HoldPlaced'],
    ]);
  });

  it('takes lines by date, then in the order of the file', async () => {
    const stores = new MemoryStores();
    const lines = [
      '2020-01-03,A,payment,1,,r3',
      '2020-01-01,A,payment,1,,r1',
      '2020-01-03,A,payment,1,,r4',
      '2020-01-02,A,payment,1,,r2',
    ];
    await run(stores, [HEADER, ...lines].join('\r\n'));
    const references = stores.accounts.get('A')!.filter((e) => e.type === 'PaymentReceived');
    expect(references.map((e) => (e.data as { reference: string }).reference)).toEqual(['r1', 'r2', 'r3', 'r4']);
  });

  it('records identical lines as often as the file has them, and nothing twice', async () => {
    const stores = new MemoryStores();
    const line = '2020-01-01,A,payment,1,,same';
    expect(await run(stores, [HEADER, line, line].join('\n'))).toMatchObject({ imported: 2, unchanged: 0 });
    expect(await run(stores, [HEADER, line, line, line].join('\n'))).toMatchObject({
      lines: 3,
      imported: 1,
      unchanged: 2,
    });
    expect(await run(stores, [HEADER, line].join('\n'))).toMatchObject({ imported: 0, unchanged: 1 });
    expect(stores.types('A').filter((type) => type === 'PaymentReceived')).toHaveLength(3);
    expect(await run(stores, [HEADER, '2020-01-01,A,payment,01,,same'].join('\n'))).toMatchObject({ imported: 1 });
  });

  it('reports bad lines by their physical line and records the others', async () => {
    const stores = new MemoryStores();
    const content = Buffer.concat([
      Buffer.from(
        `\ufeff${HEADER}\r\n\r\n2020-01-01,A,fee,1,2020-01-02,"multi"\r\n2020-01-01,A,fee,-1,2020-01-02,\r\n`,
      ),
      Buffer.from('2020-01-01,A,payment,1,,"unclosed\n2020-01-01,A,payment,0,,\n2020-01-01,A,payment,2,,'),
      Buffer.from([0xd6, 0xd0]),
      Buffer.from(`\n2020-01-01,A,payment,3,,${'x'.repeat(20_000_000)}\n2020-01-01,A,payment,4,,ok\n`),
    ]);
    const report = await run(stores, content);
    expect(report).toMatchObject({ lines: 7, imported: 2, unchanged: 0, skipped: 1 });
    expect(report.rejected.map(({ line, code }) => [line, code])).toEqual([
      [4, 'AMOUNT_INVALID'],
      [5, 'CSV_INVALID'],
      [7, 'ENCODING_INVALID'],
      [8, 'FIELD_TOO_LARGE'],
    ]);
  });

  it('reports a line that the account refuses, and records what comes after it', async () => {
    const stores = new MemoryStores();
    const max = '9223372036854775807';
    const lines = [
      `2020-01-01,A,fee,${max},2020-01-02,`,
      '2020-01-02,A,fee,1,2020-01-02,',
      '2020-01-03,A,payment,7,,',
      '2020-01-04,A,fee,7,2020-01-02,',
    ];
    const report = await run(stores, [HEADER, ...lines].join('\n'));
    expect(report).toMatchObject({ lines: 4, imported: 3 });
    expect(report.rejected).toEqual([{ line: 3, code: 'TOTAL_TOO_LARGE', message: expect.any(String) }]);
  });

  it('reports a line whose facts are too many for one append', async () => {
    const stores = new MemoryStores();
    stores.onRecord = (events) => {
      if (events.length > 2) throw new DomainError('COMMAND_TOO_LARGE', 'too large');
    };
    const lines = ['2020-01-02,A,reminder,,,', '2020-01-03,B,dispute-opened,,,', '2020-01-04,B,reminder,,,'];
    const report = await run(stores, [HEADER, ...lines].join('\n'));
    expect(report).toMatchObject({ imported: 2, rejected: [{ line: 3, code: 'COMMAND_TOO_LARGE' }] });
  });

  it.each([
    ['', 'HEADER_INVALID'],
    ['occurredOn,account,entry,amountMinor,dueOn\n', 'HEADER_INVALID'],
    ['2020-01-01,A,payment,1,,\n', 'HEADER_INVALID'],
    [`\n${HEADER}\n`, 'HEADER_INVALID'],
    [`${HEADER},more\n`, 'HEADER_INVALID'],
  ])('refuses a file that begins %j', async (content, code) => {
    const stores = new MemoryStores();
    await expect(run(stores, content)).rejects.toMatchObject({ code });
    expect(stores.books.size).toBe(0);
  });

  it('refuses a missing file, a folder and another currency', async () => {
    const stores = new MemoryStores();
    await expect(importHistory(stores, { path: join(folder, 'none'), communityId: 'c' })).rejects.toMatchObject({
      code: 'FILE_NOT_FOUND',
    });
    await expect(importHistory(stores, { path: folder, communityId: 'c' })).rejects.toMatchObject({
      code: 'FILE_INVALID',
    });
    await run(stores, `${HEADER}\n2020-01-01,A,payment,1,,\n`, { currency: 'EUR' });
    await run(stores, `${HEADER}\n2020-01-01,A,payment,2,,\n`);
    await expect(run(stores, `${HEADER}\n`, { currency: 'CNY' })).rejects.toMatchObject({ code: 'CURRENCY_MISMATCH' });
  });

  it('registers the community, and opens no account, for a file without a line to record', async () => {
    const stores = new MemoryStores();
    const report = await run(stores, `${HEADER}\n2020-01-01,A,payment,0,,\nx,A,payment,1,,\n`);
    expect(report).toMatchObject({ lines: 2, skipped: 1, imported: 0 });
    expect([stores.books.size, stores.accounts.size]).toEqual([1, 0]);
  });

  it('ends with the failure of a store, and goes on from there the next time', async () => {
    const stores = new MemoryStores();
    const lines = Array.from({ length: 300 }, (_, n) => `2020-01-01,A${n % 100},payment,${n + 1},,`);
    stores.failAfterFlushes = 20;
    await expect(run(stores, [HEADER, ...lines].join('\n'))).rejects.toThrow('the store is gone');
    stores.failAfterFlushes = Infinity;
    const report = await run(stores, [HEADER, ...lines].join('\n'));
    expect(report.imported + report.unchanged).toBe(300);
    expect(report.unchanged).toBeGreaterThanOrEqual(60);
    expect([...stores.accounts.values()].flat().filter((event) => event.type === 'PaymentReceived')).toHaveLength(300);
  });

  it('stops when asked to', async () => {
    const stores = new MemoryStores();
    const controller = new AbortController();
    let flushes = 0;
    stores.onFlush = () => {
      flushes += 1;
      if (flushes === 10) controller.abort('SIGTERM');
    };
    const lines = Array.from({ length: 3000 }, (_, n) => `2020-01-01,A${n},payment,1,,`);
    const stopped = run(stores, [HEADER, ...lines].join('\n'), { signal: controller.signal });
    await expect(stopped).rejects.toBe('SIGTERM');
    expect(stores.accounts.size).toBeLessThan(100);
  });

  it('agrees with figures worked out independently, for any files', async () => {
    await fc.assert(
      fc.asyncProperty(journalFiles, async (files) => {
        const stores = new MemoryStores();
        const naive = new NaiveBooks();
        for (const rows of files) {
          const csv = csvOf(rows);
          const expected = { lines: rows.length, ...naive.importFile(naiveRows(csv)), rejected: [] };
          expect(await run(stores, csv)).toEqual(expected);
        }
        for (const asOf of ['2020-01-01', '2020-02-10', '2020-04-01', '2020-12-31']) {
          const { outstanding, credit } = naive.aging(asOf);
          expect(stores.figures(asOf)).toEqual({ outstanding, credit });
        }
      }),
      { numRuns: 200 },
    );
  });
});
