import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Drain } from '#libs/projection-engine';
import { openRuntime } from '#libs/runtime';
import type { Runtime } from '#libs/runtime';
import { ArrearsAgingReader, LedgerReader, projections } from '#projections';
import { importHistory } from '../../apps/cli/src/import-history/import-history.js';
import type { ImportReport } from '../../apps/cli/src/import-history/import-report.js';
import { importStores } from '../../apps/cli/src/import-history/import-stores.js';
import { NaiveBooks, naiveRows } from '../support/naive-books.js';
import { csvOf, journalFiles } from '../support/random-journal.js';

const root = join(import.meta.dirname, '..', '..');
const REAL_JOURNAL = join(root, '..', 'shared', 'data', 'history', 'journal.csv');

let folder: string;
let runtime: Runtime;
let communities = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'estate-test-'));
  const onServers = process.env['EVENTSTORE_URL'] !== undefined;
  runtime = await openRuntime({ env: process.env, ...(onServers ? {} : { dataDir: join(folder, 'data') }) });
});
afterAll(async () => {
  await runtime?.close();
  await rm(folder, { recursive: true, force: true });
});

/** A community that no other run has used, for tests on servers that are not ours alone. */
function newCommunity(): string {
  communities += 1;
  return `t${Date.now().toString(36)}${process.pid.toString(36)}x${communities}`;
}

async function importCsv(communityId: string, csv: string, dryRun = false): Promise<ImportReport> {
  const path = join(folder, `${communityId}.csv`);
  await writeFile(path, csv);
  return importHistory(importStores(runtime, { dryRun }), { path, communityId });
}

async function catchUp(): Promise<bigint> {
  const head = await runtime.eventStore.headPosition();
  const upcast = (event: Parameters<Runtime['upcasters']['dataOf']>[0]) => runtime.upcasters.dataOf(event);
  await new Drain({ source: runtime.eventStore, stores: runtime.readStore, projections, upcast }).catchUp(head);
  return head;
}

/** Holds the reports on a community against the naive books. */
async function expectSameFigures(communityId: string, naive: NaiveBooks, dates: readonly string[]): Promise<void> {
  const position = await catchUp();
  const aging = new ArrearsAgingReader(runtime.readStore);
  const ledger = new LedgerReader(runtime.readStore);
  for (const asOf of dates) {
    const { buckets, outstanding, credit, accounts } = await aging.findReport({
      communityId,
      asOf,
      currency: 'CNY',
      position,
    });
    expect({ buckets, outstanding, credit, accounts }).toEqual(naive.aging(asOf));
  }
  for (const accountId of [...naive.accounts.keys()].slice(0, 12)) {
    for (const asOf of [undefined, dates[1]!]) {
      const { lines } = await ledger.findLedger({ communityId, accountId, position, ...(asOf ? { asOf } : {}) });
      const shown = lines.map(({ effectiveOn, reference, debit, credit, balance }) => {
        return { effectiveOn, reference, debit, credit, balance };
      });
      expect(shown).toEqual(naive.ledger(accountId, asOf));
    }
  }
}

describe('reports on imported journals agree with figures worked out independently', () => {
  it('for the sample', async () => {
    const csv = await readFile(join(root, 'samples', 'journal.csv'), 'utf8');
    const communityId = newCommunity();
    const naive = new NaiveBooks();
    const counts = naive.importFile(naiveRows(csv));
    const lines = naiveRows(csv).length;
    const wouldBe = { lines, ...counts, rejected: [] };
    expect(await importCsv(communityId, csv, true)).toEqual(wouldBe);
    expect(await importCsv(communityId, csv)).toEqual(wouldBe);
    const unchanged = { lines, imported: 0, unchanged: lines, skipped: 0, rejected: [] };
    expect(await importCsv(communityId, csv, true)).toEqual(unchanged);
    expect(await importCsv(communityId, csv)).toEqual(unchanged);
    await expectSameFigures(communityId, naive, ['2025-12-31', '2026-03-31', '2026-06-30', '2030-01-01']);
  });

  const ifThere = existsSync(REAL_JOURNAL) ? it : it.skip;
  ifThere('for the journal of a public authority', async () => {
    const csv = await readFile(REAL_JOURNAL, 'utf8');
    const communityId = newCommunity();
    const naive = new NaiveBooks();
    const report = await importCsv(communityId, csv);
    expect(report).toEqual({ lines: naiveRows(csv).length, ...naive.importFile(naiveRows(csv)), rejected: [] });
    await expectSameFigures(communityId, naive, ['2006-12-31', '2007-03-31', '2009-06-30', '2011-02-28', '2013-12-31']);
  });

  it('for any journals, one after the other', async () => {
    await fc.assert(
      fc.asyncProperty(journalFiles, async (files) => {
        const communityId = newCommunity();
        const naive = new NaiveBooks();
        for (const rows of files) {
          const expected = { lines: rows.length, ...naive.importFile(rows), rejected: [] };
          expect(await importCsv(communityId, csvOf(rows))).toEqual(expected);
        }
        await expectSameFigures(communityId, naive, ['2020-01-01', '2020-02-10', '2020-04-01', '2020-12-31']);
      }),
      { numRuns: 30 },
    );
  }, 120_000);
});
