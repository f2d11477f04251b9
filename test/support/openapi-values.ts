/** Values for requests that are made up: most of them sound and such as a run soon has, so that requests meet. */
import fc from 'fast-check';

export function mostly<T>(sound: fc.Arbitrary<T>, odd: fc.Arbitrary<T>): fc.Arbitrary<T> {
  return fc.oneof({ weight: 9, arbitrary: sound }, { weight: 1, arbitrary: odd });
}

export const junk = fc.oneof(
  fc.jsonValue(),
  fc.constant(null),
  fc.constant(-0),
  fc.constant(1e300),
  fc.constant([]),
  fc.constant({}),
);
export const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.string({ unit: 'grapheme', maxLength: 200 }),
  fc.constantFrom('', ' ', '\u0000', '\ud800', '../..', '__proto__', '$where', 'x'.repeat(70_000)),
);

/** Ids that a run soon has, so that requests meet. */
export const someId = fc.constantFrom(
  '1',
  '2',
  '3',
  '4',
  '5',
  'B1/0101',
  'B1/0102',
  'P-1',
  'P-2',
  '2026/000001',
  '2026/000002',
  '楼1',
);
export const someDate = fc.oneof(
  fc
    .date({ min: new Date('2025-12-01'), max: new Date('2026-03-20'), noInvalidDate: true })
    .map((at) => at.toISOString().slice(0, 10)),
  fc.constantFrom('0001-01-01', '9999-12-31', '2026-02-30', '0000-00-00'),
);
const someInstant = fc.oneof(
  fc
    .date({ min: new Date('2026-03-01'), max: new Date('2026-03-21'), noInvalidDate: true })
    .map((at) => at.toISOString()),
  fc.constantFrom(
    '2026-03-01T00:00:00',
    '9999-12-31T23:59:59-18:00',
    '0000-01-01T00:00:00Z',
    '2026-03-10T10:00:00+08:00',
  ),
);
const someMinor = fc.oneof(
  fc.integer({ min: 1, max: 100_000 }).map(String),
  fc.constantFrom('0', '9223372036854775807', '9223372036854775808', '00', '-1', '9999999999999999999'),
);
export const KNOWN: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  ...{
    at: someInstant,
    openedAt: someInstant,
    asOf: fc.oneof(someDate, someInstant),
    knownAt: fc.oneof(someDate, someInstant),
  },
  ...{ from: someDate, to: someDate, minor: someMinor, currency: fc.constantFrom('CNY', 'CNY', 'CNY', 'USD', 'xx') },
  timeZone: fc.constantFrom('Asia/Shanghai', 'America/New_York', 'Nowhere/None', ''),
  rung: fc.constantFrom('-5', '0', '+1', '+7', '+15', '+25', '+31', 'court'),
  channel: fc.constantFrom('sms', 'app', 'phone', 'written-notice', 'demand-letter', 'online'),
  purpose: mostly(fc.constant('fuzzing'), fc.constantFrom('', ' ')),
};

/** Positions that a run has from its beginning on. */
const somePosition = mostly(
  fc.integer({ min: 0, max: 20 }).map(String),
  fc.constantFrom('9999999999999999999', 'x', '', '-1', '1.5', '9223372036854775807'),
);
export const PAGING: Readonly<Record<string, fc.Arbitrary<string>>> = {
  ...{ after: somePosition, at: somePosition },
  waitMs: mostly(fc.constantFrom('0', '1', '5', '10', '20'), fc.constantFrom('99999', '-1')),
  limit: mostly(fc.constantFrom('1', '2', '3', '10', '1000'), fc.constantFrom('0', '1001', 'x')),
  cursor: fc.oneof(fc.base64String({ maxLength: 60 }), fc.constantFrom('', 'W10', 'bnVsbA')),
};
/** A cursor that is made up is always wrong, and only some answers are kept for earlier positions. */
export const SELDOM = new Set(['at', 'cursor']);

/** The first two kinds of cases are those that a run begins with. */
export function likelyOf(values: readonly string[]): fc.Arbitrary<string> {
  return mostly(
    fc.constantFrom(...values.filter((one) => ['complaint', 'dispute'].includes(one)), values[0]!),
    fc.constantFrom(...values),
  );
}

export function likelyId(name: string): fc.Arbitrary<string> {
  if (name === 'accountId' || name === 'unitId') return fc.constantFrom('B1/0101', 'B1/0102');
  if (name === 'partyId') return fc.constantFrom('P-1', 'P-2');
  if (name === 'caseId' || name === 'ofCaseId')
    return fc.integer({ min: 1, max: 6 }).map((n) => `2026/${String(n).padStart(6, '0')}`);
  return fc.integer({ min: 1, max: 12 }).map(String);
}

export function seldom<T>(arbitrary: fc.Arbitrary<T>, weight = 1): fc.Arbitrary<T | undefined> {
  return fc.oneof({ weight: 9, arbitrary: fc.constant(undefined) }, { weight, arbitrary });
}
