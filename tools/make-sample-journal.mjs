/**
 * Writes the sample journal: a year of a made-up community, the same bytes on every machine.
 *
 *   node tools/make-sample-journal.mjs [FILE]      default samples/journal.csv; `-` is stdout
 */
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const LAST_DAY = '2026-06-30';
const QUARTERS = ['2025-07', '2025-10', '2026-01', '2026-04'];

/** A small generator of numbers in [0, 1): the sample must not change from run to run. */
function randomNumbers(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

const random = randomNumbers(20250701);
const between = (low, high) => low + Math.floor(random() * (high - low + 1));

function addDays(date, days) {
  const day = new Date(`${date}T00:00:00Z`);
  day.setUTCDate(day.getUTCDate() + days);
  return day.toISOString().slice(0, 10);
}

/** Price (0.0001 CNY/m² a month) × area (0.01 m²) × months in fen, rounded half up once. */
function feeMinor(pricePer10000, areaCentiM2, months) {
  const numerator = BigInt(pricePer10000) * BigInt(areaCentiM2) * BigInt(months);
  return (2n * numerator + 10_000n) / 20_000n;
}

/** Two towers of flats and a row of shops; how their payers behave. */
function units() {
  const flats = [];
  for (const building of ['B1', 'B2']) {
    for (let floor = 1; floor <= 6; floor += 1) {
      for (const door of [1, 2, 3]) {
        const account = `${building}/${String(floor).padStart(2, '0')}${String(door).padStart(2, '0')}`;
        flats.push({ account, pricePer10000: 28_000, areaCentiM2: [8943, 10276, 12450][door - 1] });
      }
    }
  }
  const shops = ['S1/01', 'S1/02', 'S1/03', 'S1/04'].map((account, n) => {
    return { account, pricePer10000: 65_000, areaCentiM2: 5120 + 870 * n };
  });
  const behaviours = ['prompt', 'prompt', 'prompt', 'late', 'prompt', 'ahead', 'prompt', 'partial', 'prompt', 'late'];
  const special = {
    'B1/0101': 'late',
    'B1/0102': 'partial',
    'B2/0302': 'disputes',
    'B2/0603': 'never',
    'S1/03': 'never',
    'B1/0402': 'disputes',
  };
  return [...flats, ...shops].map((unit, n) => ({
    ...unit,
    payer: special[unit.account] ?? behaviours[n % behaviours.length],
  }));
}

const lines = [];
const counters = new Map();

function add(occurredOn, account, entry, amountMinor = '', dueOn = '') {
  if (occurredOn > LAST_DAY) return;
  const number = (counters.get(account) ?? 0) + 1;
  counters.set(account, number);
  lines.push({ occurredOn, text: [occurredOn, account, entry, amountMinor, dueOn, `${account}#${number}`].join(',') });
}

/** 500 ppm a day on the principal (D6's default), rounded half up. */
function lateFeeMinor(principal, days) {
  return (2n * principal * 500n * BigInt(days) + 1_000_000n) / 2_000_000n;
}

function quarterOf({ account, pricePer10000, areaCentiM2, payer }, month, quarter) {
  const billedOn = `${month}-01`;
  const dueOn = `${month}-05`;
  const fee = feeMinor(pricePer10000, areaCentiM2, 3);
  add(billedOn, account, 'fee', fee, dueOn);
  let owed = fee;
  if (random() < 0.35) {
    const expense = BigInt(between(12, 90) * 100);
    add(addDays(billedOn, 9), account, 'expense', expense, addDays(dueOn, 25));
    owed += expense;
  }
  switch (payer) {
    case 'prompt':
      return add(addDays(billedOn, between(0, 4)), account, 'payment', owed);
    case 'ahead':
      if (quarter % 2 === 0) add(addDays(billedOn, between(1, 4)), account, 'payment', fee * 2n + 5_000n);
      return undefined;
    case 'late':
      return late(account, fee, owed, dueOn, between(18, 80));
    case 'partial':
      add(addDays(dueOn, 2), account, 'payment', (owed * 2n) / 3n);
      return add(addDays(dueOn, 15), account, 'reminder');
    case 'disputes':
      return quarter === 1 ? disputed(account, dueOn) : add(addDays(dueOn, -1), account, 'payment', owed);
    case 'never':
      return never(account, fee, dueOn, quarter);
  }
}

function late(account, fee, owed, dueOn, days) {
  add(addDays(dueOn, 7), account, 'reminder');
  if (days > 30) {
    add(addDays(dueOn, 25), account, 'reminder');
    add(addDays(dueOn, 31), account, 'late-fee', lateFeeMinor(fee, 31), addDays(dueOn, 31));
  }
  add(addDays(dueOn, days), account, 'payment', owed);
}

function disputed(account, dueOn) {
  add(addDays(dueOn, 3), account, 'dispute-opened');
  add(addDays(dueOn, 5), account, 'dispute-progress');
  add(addDays(dueOn, 12), account, 'dispute-progress');
}

function never(account, fee, dueOn, quarter) {
  add(addDays(dueOn, 15), account, 'reminder');
  add(addDays(dueOn, 25), account, 'reminder');
  add(addDays(dueOn, 45), account, 'late-fee', lateFeeMinor(fee, 45), addDays(dueOn, 45));
  if (quarter === 2) add(addDays(dueOn, 60), account, 'legal-referral');
}

for (const unit of units()) QUARTERS.forEach((month, quarter) => quarterOf(unit, month, quarter));
lines.sort((a, b) => (a.occurredOn < b.occurredOn ? -1 : a.occurredOn > b.occurredOn ? 1 : 0));
const text = ['occurredOn,account,entry,amountMinor,dueOn,reference', ...lines.map((line) => line.text), ''].join('\n');

const target = process.argv[2] ?? join(root, 'samples', 'journal.csv');
if (target === '-') process.stdout.write(text);
else writeFileSync(target, text);
