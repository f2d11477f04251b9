import { isDeepStrictEqual } from 'node:util';
import { estate, estateJson } from './estate-process.mjs';

const DATES = ['2016-12-31', '2019-06-30', '2021-02-28', '2030-01-01'];
const LEDGERS = 5;

/** Positions and instants of recording are not the same in another log, nor are hashes, which cover the latter. */
function comparableEvent({ stream, revision, id, type, data, metadata }) {
  const { recordedAt: _recordedAt, hash: _hash, prevHash: _prevHash, ...rest } = metadata;
  return { stream, revision: String(revision), id, type, data, metadata: rest };
}

function comparable(entry) {
  const { position: _position, recordedAt: _recordedAt, hash: _hash, knownAt: _knownAt, ...rest } = entry;
  return rest;
}

function byPlace(a, b) {
  if (a.stream !== b.stream) return a.stream < b.stream ? -1 : 1;
  return Number(a.revision) - Number(b.revision);
}

async function exportedEvents(data, community) {
  const { status, stdout, stderr } = await estate(['export', 'events', '--community', community, '--data', data]);
  if (status !== 0) throw new Error(`estate export events ended with ${status}: ${stderr}`);
  const lines = stdout.trimEnd().split('\n');
  return lines
    .slice(0, -1)
    .map((line) => comparableEvent(JSON.parse(line)))
    .sort(byPlace);
}

/** Every figure of a community that does not depend on when its events were recorded. */
export async function figuresOf(data, community) {
  const where = ['--community', community, '--data', data, '--json'];
  const aging = [];
  for (const asOf of DATES) aging.push(comparable(await estateJson(['report', 'aging', '--as-of', asOf, ...where])));
  const ledgers = [];
  for (const { account } of aging.at(-1).accounts.slice(0, LEDGERS)) {
    const ledger = await estateJson(['report', 'ledger', '--account', account, ...where]);
    ledgers.push({ ...comparable(ledger), lines: ledger.lines.map(comparable) });
  }
  const audit = await estateJson(['report', 'audit', ...where]);
  const trail = audit.events.map(comparable).sort(byPlace);
  return { aging, ledgers, trail, verified: audit.verified, events: await exportedEvents(data, community) };
}

/** What differs, in a few words each. */
export function differencesBetween(expected, found) {
  return Object.keys(expected)
    .filter((name) => !isDeepStrictEqual(expected[name], found[name]))
    .map((name) => `${name} is different${firstDifference(expected[name], found[name])}`);
}

function firstDifference(expected, found) {
  if (!Array.isArray(expected) || !Array.isArray(found)) return '';
  const at = expected.findIndex((entry, index) => !isDeepStrictEqual(entry, found[index]));
  const shorten = (value) => (JSON.stringify(value) ?? 'nothing').slice(0, 300);
  return ` (${expected.length} and ${found.length} entries): ${shorten(expected[at])} and ${shorten(found[at])}`;
}
