import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { calendarOf, DeadlineClock, parsePublishedDays } from '#libs/calendar';
import type { CommandContext } from '#libs/event-store';
import { addMilliseconds, type NewEvent } from '#libs/kernel';
import { caseDecider, factOf, ServiceTally, STANDARD_POLICY, stepOf, type CaseEvent } from '#libs/service-desk';
import { naiveFigures } from '../../../../test/support/naive-service-figures.js';
import { importCases, type CaseStores } from './import-cases.js';
import { CASE_COLUMNS, CASE_CODEC, readCaseRow, type CaseRow } from './case-row.js';
import type { ImportReport } from '../import-history/import-report.js';

const LOG = resolve('../shared/data/service/cases.csv'); // beside the project, where it is present
const DAYS = new URL('../../../../libs/calendar/src/cn-published-days.csv', import.meta.url);
const special = new Map(parsePublishedDays(readFileSync(DAYS, 'utf8')).map(({ date, day }) => [date, day] as const));
const timeZone = 'Asia/Shanghai';
const around = {
  timeZone,
  calendar: 'CN',
  policy: STANDARD_POLICY,
  rules: new DeadlineClock(calendarOf('CN'), timeZone),
};
const HEADER = CASE_COLUMNS.join(',');

interface Recorded extends NewEvent {
  readonly commandId: string;
}

/** Stores in memory: what is flushed is kept, as it would be in the event store. */
class MemoryStores implements CaseStores {
  readonly cases = new Map<string, Recorded[]>();
  readonly sealed: string[] = [];
  firstDay: string | undefined;
  failAfterFlushes = Infinity;

  async surroundings(_communityId: string, firstDay: (zone: string) => string | undefined) {
    this.firstDay = firstDay(timeZone);
    return Promise.resolve(around);
  }

  async sealCustomer(_communityId: string, caseId: string, customer: string) {
    this.sealed.push(`${caseId}:${customer}`);
    return Promise.resolve({ kid: caseId, iv: '', ct: customer, tag: '' });
  }

  async openCase(_communityId: string, caseId: string) {
    const decider = caseDecider('complaint');
    const stored = this.cases.get(caseId) ?? [];
    let state = decider.initialState();
    const fold = (event: Recorded): void => {
      state = decider.evolve(state, {
        ...(event as unknown as CaseEvent),
        recordedAt: '',
        actor: { id: 'x', role: 'x' },
      });
    };
    stored.forEach(fold);
    const known = new Set(stored.map(({ commandId }) => commandId));
    let buffer: Recorded[] = [];
    return Promise.resolve({
      stream: caseId,
      get state() {
        return state;
      },
      record: async (context: CommandContext, decide: (now: typeof state) => readonly NewEvent[]) => {
        await Promise.resolve();
        if (known.has(context.commandId)) return 'unchanged' as const;
        const made = decide(state).map((event) => ({ ...event, commandId: context.commandId }));
        made.forEach(fold);
        known.add(context.commandId);
        buffer.push(...made);
        return 'recorded' as const;
      },
      flush: async () => {
        await Promise.resolve();
        if (this.failAfterFlushes-- <= 0) throw new Error('the store is gone');
        this.cases.set(caseId, [...(this.cases.get(caseId) ?? []), ...buffer]);
        const appended = buffer.length;
        buffer = [];
        return { appended, refused: [] };
      },
    });
  }

  types(caseId: string): string[] {
    return (this.cases.get(caseId) ?? []).map(({ type }) => type);
  }

  figures(period: { from: string; to: string; asOf: string }) {
    const tally = new ServiceTally({ ...period, timeZone });
    for (const events of this.cases.values()) {
      const facts = events.map((event) => factOf(event)!);
      const opening = facts[0]!;
      if (opening.action !== 'Opened') throw new Error('a case begins with its opening');
      const { openedAt, deadlines } = opening.data;
      const steps = facts.map((fact) => stepOf(fact)).filter((step) => step !== undefined);
      tally.add({ openedAt, deadlines, steps });
    }
    const { rejected: _r, withdrawn: _w, duplicate: _d, asOf: _a, ...figures } = tally.figures();
    return figures;
  }
}

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'estate-cases-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function run(stores: MemoryStores, content: string | Buffer): Promise<ImportReport> {
  const path = join(folder, 'cases.csv');
  await writeFile(path, content);
  return importCases(stores, { path, communityId: 'yinghu' });
}

const lines = (...rows: string[]) => [HEADER, ...rows].join('\n') + '\n';

describe('estate import cases', () => {
  it('records every line of a case in the order of instants, ties in file order', async () => {
    const stores = new MemoryStores();
    const report = await run(
      stores,
      lines(
        '7,2026-03-02T12:00:00+08:00,closed,1,bob,t,c',
        '7,2026-03-02T03:00:00Z,accepted,1,ann,t,c',
        '7,2026-03-01T20:00:00-02:00,classified,1,ann,t,c',
        '7,2026-03-02T03:00:00Z,resolved,1,ann,t,c',
        '8,2026-03-05T03:00:00Z,resolved,,,,',
      ),
    );
    expect(report).toEqual({ lines: 5, imported: 5, unchanged: 0, skipped: 0, rejected: [] });
    expect(stores.types('7')).toEqual([
      'ComplaintOpened',
      'ComplaintAcknowledged',
      'ComplaintAccepted',
      'ComplaintAnswered',
      'ComplaintResolved',
      'ComplaintClosed',
    ]);
    expect(stores.types('8')).toEqual(['ComplaintOpened']);
    expect(stores.cases.get('8')![0]!.data).toMatchObject({ severity: null, agent: null, team: null, customer: null });
    expect(stores.firstDay).toBe('2026-03-02');
    expect(stores.sealed).toEqual(['7:c']);
  });

  it('changes nothing when it is imported again, identical lines being facts of their own', async () => {
    const stores = new MemoryStores();
    const content = lines(
      ...Array<string>(3).fill('7,2026-03-02T03:00:00Z,closed,1,ann,t,c'),
      '8,2026-03-02T03:00:00Z,x,1,a,t,d',
    );
    expect(await run(stores, content)).toMatchObject({ lines: 4, imported: 4 });
    const before = JSON.stringify([...stores.cases]);
    expect(await run(stores, content)).toMatchObject({ lines: 4, imported: 0, unchanged: 4 });
    expect(JSON.stringify([...stores.cases])).toBe(before);
    expect(stores.types('7')).toHaveLength(6);
  });

  it('seals the customer once a case, and again where it changes', async () => {
    const stores = new MemoryStores();
    await run(
      stores,
      lines('7,2026-03-02T03:00:00Z,x,1,a,t,c', '7,2026-03-02T04:00:00Z,y,1,a,t,c', '7,2026-03-02T05:00:00Z,z,1,a,t,d'),
    );
    expect(stores.sealed).toEqual(['7:c', '7:d']);
    expect(stores.types('7')).toEqual([
      'ComplaintOpened',
      'ComplaintAcknowledged',
      'ProgressReported',
      'ProgressReported',
    ]);
  });

  it.each([
    ['a column missing', '7,2026-03-02T03:00:00Z,x,1,a,t', 'COLUMN_MISSING'],
    ['a column too many', '7,2026-03-02T03:00:00Z,x,1,a,t,c,', 'COLUMN_EXTRA'],
    ['no case', ',2026-03-02T03:00:00Z,x,1,a,t,c', 'CASE_MISSING'],
    ['a case id with a space', '7 8,2026-03-02T03:00:00Z,x,1,a,t,c', 'ID_INVALID'],
    ['a case id of 65 characters', `${'7'.repeat(65)},2026-03-02T03:00:00Z,x,1,a,t,c`, 'ID_INVALID'],
    ['no activity', '7,2026-03-02T03:00:00Z,,1,a,t,c', 'ACTIVITY_MISSING'],
    ['no offset', '7,2026-03-02T03:00:00,x,1,a,t,c', 'INSTANT_INVALID'],
    ['a day that does not exist', '7,2026-02-29T03:00:00Z,x,1,a,t,c', 'INSTANT_INVALID'],
    ['an hour that does not exist', '7,2026-02-28T24:00:01Z,x,1,a,t,c', 'INSTANT_INVALID'],
    ['a plain date', '7,2026-03-02,x,1,a,t,c', 'INSTANT_INVALID'],
    ['a letter for an activity', `7,2026-03-02T03:00:00Z,${'x'.repeat(129)},1,a,t,c`, 'LABEL_INVALID'],
    ['20 MB of text', `7,2026-03-02T03:00:00Z,x,1,a,t,${'x'.repeat(20_000_000)}`, 'FIELD_TOO_LARGE'],
  ])('stores nothing of a line with %s, and goes on', async (_, row, code) => {
    const stores = new MemoryStores();
    const report = await run(stores, lines(row, '8,2026-03-02T03:00:00Z,x,1,a,t,c'));
    expect(report).toMatchObject({ lines: 2, imported: 1, rejected: [{ line: 2, code }] });
    expect([...stores.cases.keys()]).toEqual(['8']);
  });

  it('refuses a line of the wrong encoding, and a file of another kind', async () => {
    const stores = new MemoryStores();
    const bytes = Buffer.concat([
      Buffer.from(`${HEADER}\n7,2026-03-02T03:00:00Z,`),
      Buffer.from([0xd6, 0xd0]),
      Buffer.from(',1,a,t,c\n'),
    ]);
    expect(await run(stores, bytes)).toMatchObject({ imported: 0, rejected: [{ line: 2, code: 'ENCODING_INVALID' }] });
    await expect(run(stores, 'occurredOn,account\n')).rejects.toMatchObject({ code: 'HEADER_INVALID' });
    await expect(importCases(stores, { path: join(folder, 'none'), communityId: 'yinghu' })).rejects.toMatchObject({
      code: 'FILE_NOT_FOUND',
    });
    expect(stores.cases.size).toBe(0);
  });

  it('reports a line older than what its case has already', async () => {
    const stores = new MemoryStores();
    await run(stores, lines('7,2026-03-02T03:00:00Z,x,1,a,t,c'));
    const report = await run(stores, lines('7,2026-03-02T02:00:00Z,y,1,a,t,c', '7,2026-03-02T04:00:00Z,z,1,a,t,c'));
    expect(report).toMatchObject({ imported: 1, rejected: [{ line: 2, code: 'ACTIVITY_OUT_OF_ORDER' }] });
  });

  const activity = fc.constantFrom(
    'noted',
    'accepted',
    'waiting',
    'resolved',
    'closed',
    'escalated',
    'rejected',
    'duplicate',
  );
  const row = fc.tuple(
    fc.integer({ min: 0, max: 6 }),
    fc.integer({ min: 0, max: 60_000 }),
    activity,
    fc.constantFrom('c', 'd', ''),
  );
  const log = fc.array(row, { minLength: 1, maxLength: 60 }).map((rows) =>
    rows.map(([id, minutes, what, customer]) => ({
      ...{ case: `C-${id}`, at: addMilliseconds('2026-01-20T00:00:00.000Z', minutes * 60_000), activity: what },
      customer,
    })),
  );
  const csvOf = (rows: readonly { case: string; at: string; activity: string; customer: string }[]) =>
    lines(...rows.map((one) => `${one.case},${one.at},${one.activity},1,ann,t,${one.customer}`));

  it('gives the figures of an independent computation, and the same after being killed and run again', async () => {
    await fc.assert(
      fc.asyncProperty(
        log,
        fc.integer({ min: 0, max: 60 }),
        fc.integer({ min: 0, max: 8 }),
        async (rows, day, flushes) => {
          const period = {
            from: '2026-01-20',
            to: '2026-02-20',
            asOf: addMilliseconds('2026-01-20T00:00:00.000Z', day * 86_400_000),
          };
          const whole = new MemoryStores();
          await run(whole, csvOf(rows));
          expect(whole.figures(period)).toEqual(naiveFigures(rows, period, special));
          const stopped = new MemoryStores();
          stopped.failAfterFlushes = flushes;
          await run(stopped, csvOf(rows)).catch(() => undefined);
          stopped.failAfterFlushes = Infinity;
          const report = await run(stopped, csvOf(rows));
          expect(report.imported + report.unchanged).toBe(rows.length);
          expect([...stopped.cases].sort()).toEqual([...whole.cases].sort());
        },
      ),
      { numRuns: 40 },
    );
  });

  (existsSync(LOG) ? it : it.skip)('gives the figures of an independent computation for the real log', async () => {
    const content = readFileSync(LOG, 'utf8');
    const stores = new MemoryStores();
    expect(await run(stores, content)).toEqual({ lines: 7444, imported: 7444, unchanged: 0, skipped: 0, rejected: [] });
    const rows = content
      .trim()
      .split('\n')
      .slice(1)
      .map((text) => text.split(','))
      .map(([id, at, what]) => ({ case: id!, at: at!, activity: what! }));
    for (const [from, to, asOf] of [
      ['2010-02-01', '2010-06-30', '2010-07-01T00:00:00.000Z'],
      ['2010-01-01', '2011-12-31', '2012-01-01T00:00:00.000Z'],
    ] as const) {
      expect(stores.figures({ from, to, asOf })).toEqual(naiveFigures(rows, { from, to, asOf }, special));
    }
  });
});

describe('a line of a log on its way', () => {
  it('survives spilling, whatever its fields hold', () => {
    const fields = ['7', '2026-03-02T03:00:00.1234567Z', 'a\tb\n"c"', '', '王', '\u2028', 'x,y'];
    const outcome = readCaseRow(9, fields);
    expect(outcome.kind).toBe('line');
    const { line } = outcome as { line: CaseRow };
    expect(CASE_CODEC.decode(CASE_CODEC.encode([line]).toString().slice(0, -1))).toEqual(line);
    expect(CASE_CODEC.orderOf(line)).toBe('2026-03-02T03:00:00.123Z456700');
  });
});
