import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { EventReader, EVERY_CALL, typeFilter, watchedForPurity, type SourceEvent } from '#libs/projection-engine';
import { MemoryLog } from './account-log.fixtures.js';
import { MemoryCase } from './case-log.fixtures.js';
import { projections } from './index.js';
import { addParty, addUnit } from './portfolio-log.fixtures.js';

/** Every type that has a golden file, and whole streams made by the real decisions. */
function everyKindOfEvent(): readonly SourceEvent[] {
  const log = new MemoryLog();
  const account = log.account('B1/0101');
  account.open('2026-01-01');
  account.fee('2026-01-01', '2026-01-05', 25040n, 'January');
  account.pay('2026-01-03', 30000n);
  account.fee('2026-02-01', '2026-02-05', 25040n);
  account.pay('2026-02-10', 10000n);
  account.reversePayment('2026-02-11', '2');
  account.reverseFee('2026-02-12', '3');
  account.remind('2026-02-13');
  for (const kind of ['complaint', 'request', 'dispute'] as const) {
    new MemoryCase(log, `${kind}-1`, kind).lines(
      ...['2026-01-05T02:00 registered', '2026-01-05T03:00 accepted', '2026-01-06T02:00 waiting'],
      ...['2026-01-07T02:00 replied', '2026-01-08T02:00 resolved', '2026-01-09T02:00 closed'],
    );
    new MemoryCase(log, `${kind}-2`, kind).open('2026-01-05T02:00:00.000Z');
  }
  for (const id of ['B1/0101', 'B1/0102', 'B1/0103', 'B1/0104']) addUnit(log, id);
  for (const id of ['P-1', 'P-2', 'P-3', 'P-4']) addParty(log, id);
  return [...log.events, ...goldenEvents(log.events.at(-1)!.position)];
}

function goldenEvents(after: bigint): SourceEvent[] {
  const folder = join(import.meta.dirname, '..', 'test', 'golden', 'events');
  return readdirSync(folder).map((file, n): SourceEvent => {
    const { stored } = JSON.parse(readFileSync(join(folder, file), 'utf8')) as { stored: SourceEvent };
    return { ...stored, revision: BigInt(stored.revision), position: after + BigInt(n + 1) };
  });
}

describe('folding twice', () => {
  it.each(projections.map((projection) => [projection.name, projection] as const))(
    '%s gives the same documents and leaves its arguments alone',
    (_name, projection) => {
      const watched = watchedForPurity(projection, EVERY_CALL);
      const documents = new Map<string, object | undefined>();
      let folded = 0;
      for (const event of new EventReader()
        .read(everyKindOfEvent())
        .filter(({ type }) => typeFilter(projection)(type))) {
        if (watched.appendOnly) folded += watched.documents(event).length;
        else {
          for (const key of watched.keys(event)) {
            documents.set(key, watched.evolve(documents.get(key), event, key));
            folded += 1;
          }
        }
      }
      expect(folded).toBeGreaterThan(10);
    },
  );
});
