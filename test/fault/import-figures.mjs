import { isDeepStrictEqual } from 'node:util';
import { parseStreamName } from '#libs/kernel';
import { Drain } from '#libs/projection-engine';
import { openRuntime } from '#libs/runtime';
import { ArrearsAgingReader, AuditTrailReader, LedgerReader, projections } from '#projections';

const DATES = ['2016-12-31', '2019-06-30', '2021-02-28', '2030-01-01'];

/** Positions and instants of recording are not the same in another log, nor are hashes, which cover the latter. */
function comparable(entry) {
  const { position: _position, recordedAt: _recordedAt, hash: _hash, prevHash: _prevHash, ...rest } = entry;
  return rest;
}

function byPlace(a, b) {
  if (a.stream !== b.stream) return a.stream < b.stream ? -1 : 1;
  return Number(a.revision) - Number(b.revision);
}

async function storedEvents({ eventStore }, community) {
  const events = [];
  for await (const page of eventStore.readAll()) {
    for (const { stream, revision, id, type, data, metadata } of page) {
      if (parseStreamName(stream)?.communityId !== community) continue;
      events.push({ stream, revision: Number(revision), id, type, data, metadata: comparable(metadata) });
    }
  }
  return events.sort(byPlace);
}

async function readFigures(runtime, communityId) {
  const { eventStore, readStore, upcasters } = runtime;
  const upcast = (event) => upcasters.dataOf(event);
  const position = await eventStore.headPosition();
  await new Drain({ source: eventStore, stores: readStore, projections, upcast }).catchUp(position);
  const aging = [];
  for (const asOf of DATES) {
    const report = await new ArrearsAgingReader(readStore).findReport({ communityId, asOf, currency: 'CNY', position });
    aging.push(comparable(report));
  }
  const ledgers = [];
  for (const { account: accountId } of aging.at(-1).accounts) {
    const { lines } = await new LedgerReader(readStore).findLedger({ communityId, accountId, position });
    ledgers.push(...lines.map(comparable));
  }
  const trail = (await new AuditTrailReader(readStore).findEntries({ communityId, position })).map(comparable);
  return { aging, ledgers, trail: trail.sort(byPlace), events: await storedEvents(runtime, communityId) };
}

/** Every figure of a community in a standalone data folder that does not depend on when its events were recorded. */
export async function figuresOf(dataDir, communityId) {
  const runtime = await openRuntime({ env: {}, dataDir });
  try {
    return await readFigures(runtime, communityId);
  } finally {
    await runtime.close();
  }
}

/** What differs, in a few words each. */
export function differencesBetween(expected, found) {
  return Object.keys(expected)
    .filter((name) => !isDeepStrictEqual(expected[name], found[name]))
    .map((name) => `${name} is different: ${firstDifference(expected[name], found[name])}`);
}

function firstDifference(expected, found) {
  const at = expected.findIndex((entry, index) => !isDeepStrictEqual(entry, found[index]));
  const shorten = (value) => (JSON.stringify(value) ?? 'nothing').slice(0, 300);
  return `${expected.length} and ${found.length} entries: ${shorten(expected[at])} and ${shorten(found[at])}`;
}
