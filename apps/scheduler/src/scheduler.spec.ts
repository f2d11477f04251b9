import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { parseOptions } from './options.js';
import { publishedSchedule } from './published-schedule.js';

const folder = mkdtempSync(join(tmpdir(), 'estate-schedule-'));
const file = join(folder, 'days.csv');
const code = (expected: string) => expect.objectContaining({ code: expected });

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("the scheduler's options", () => {
  it('are a file of published days', () => {
    expect(parseOptions([])).toEqual({ publishedDays: undefined });
    expect(parseOptions(['--published-days', 'f'])).toEqual({ publishedDays: 'f' });
    expect(() => parseOptions(['--data', 'd'])).toThrow(code('USAGE_INVALID'));
  });
});

describe('published days', () => {
  it('are read again when the file has changed', () => {
    writeFileSync(file, 'date,day\n2027-02-07,work\n');
    const calendars = publishedSchedule(file);
    const before = calendars();
    expect(before.versionOf('CN')).toBe(publishedSchedule(undefined)().versionOf('CN'));
    expect(calendars()).toBe(before);
    writeFileSync(file, 'date,day\n2099-01-01,off\n');
    expect(calendars().versionOf('CN')).toBe('CN/2099');
    expect(calendars().rulesOf('CN', 'Asia/Shanghai').afterWorkingDays('2098-12-31T00:00:00.000Z', 1)).toMatchObject({
      on: '2099-01-02',
    });
  });

  it('are refused when they are none', () => {
    writeFileSync(file, 'date,day\n2027-02-07,free\n');
    expect(publishedSchedule(file)).toThrow(code('SCHEDULE_INVALID'));
    expect(publishedSchedule(join(folder, 'none.csv'))).toThrow(code('FILE_NOT_FOUND'));
    expect(publishedSchedule(folder)).toThrow(code('FILE_INVALID'));
  });
});
