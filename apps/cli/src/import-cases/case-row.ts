import { DomainError, isWellFormed, parseId, parseInstant } from '#libs/kernel';
import type { Instant } from '#libs/kernel';
import type { LineCodec } from '../import-history/line-codec.js';
import type { LineFormat, LineOutcome } from '../import-history/read-lines.js';

/** The header of a help-desk log, and the order of its fields. */
export const CASE_COLUMNS = ['case', 'at', 'activity', 'severity', 'agent', 'team', 'customer'] as const;

/** A line that can be recorded. `caseId` is NFC and `at` in UTC; `fields` are as they were read: command ids are made of them. */
export interface CaseRow {
  readonly line: number;
  readonly caseId: string;
  readonly at: Instant;
  readonly fields: CaseFields;
}

export type CaseFields = readonly [
  caseId: string,
  at: string,
  activity: string,
  severity: string,
  agent: string,
  team: string,
  customer: string,
];

/** Code points of an activity, severity, agent or team: they are stored as they are, and are no place for letters. */
const MAX_LABEL = 128;

/**
 * Checks the seven fields of a record (domain.md §7). The first fault in the order of the columns is the one reported:
 * CASE_MISSING, ID_INVALID, INSTANT_INVALID, ACTIVITY_MISSING, LABEL_INVALID.
 */
export function readCaseRow(line: number, fields: readonly string[]): LineOutcome<CaseRow> {
  const read = fields as CaseFields;
  const [caseAsRead, atAsRead, activity, ...rest] = read;
  try {
    if (caseAsRead === '') throw new DomainError('CASE_MISSING', 'the case is empty');
    const caseId = parseId(caseAsRead);
    const at = parseInstant(atAsRead);
    if (activity === '') throw new DomainError('ACTIVITY_MISSING', 'the activity is empty');
    [activity, ...rest.slice(0, 3)].forEach(checkLabel);
    return { kind: 'line', line: { line, caseId, at, fields: read } };
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    return { kind: 'rejected', fault: { code: error.code, message: error.message } };
  }
}

function checkLabel(text: string, index: number): void {
  const isLong = text.length > MAX_LABEL && (text.length > 2 * MAX_LABEL || [...text].length > MAX_LABEL);
  if (!isLong && isWellFormed(text)) return;
  const name = CASE_COLUMNS[index + 2];
  throw new DomainError('LABEL_INVALID', `${name} has more than ${MAX_LABEL} characters, or broken ones`);
}

/** A help-desk log as a file. */
export const CASE_FORMAT: LineFormat<CaseRow> = { columns: CASE_COLUMNS, read: readCaseRow };

/** Lines of a log: by case, then instant. JSON keeps tabs and line feeds within fields apart from those between lines. */
export const CASE_CODEC: LineCodec<CaseRow> = {
  streamOf: (row) => row.caseId,
  orderOf: (row) => row.at + finerThanMilliseconds(row.fields[1]),
  identityOf: (row) => JSON.stringify(row.fields),
  charactersOf: (row) => row.fields.reduce((sum, field) => sum + field.length, 0),
  encode: (rows) =>
    Buffer.from(rows.map(({ line, caseId, at, fields }) => `${JSON.stringify([line, caseId, at, fields])}\n`).join('')),
  decode: (text) => {
    const [line, caseId, at, fields] = JSON.parse(text) as [number, string, Instant, CaseFields];
    return { line, caseId, at, fields };
  },
};

/** Digits of a second that an instant of the project does not hold, but by which lines are still ordered. */
function finerThanMilliseconds(text: string): string {
  return /\.\d{3}(\d{1,6})/.exec(text)?.[1]?.padEnd(6, '0') ?? '';
}
