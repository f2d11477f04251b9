import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { EventReader, EVERY_CALL, typeFilter, watchedForPurity, type SourceEvent } from '#libs/projection-engine';
import { logOfEveryKind } from '../test/support/every-kind-of-event.js';
import { projections } from './index.js';

/** Every type that has a golden file, and whole streams made by the real decisions. */
function everyKindOfEvent(): readonly SourceEvent[] {
  const log = logOfEveryKind({
    accounts: ['B1/0101'],
    cases: ['complaint', 'request', 'dispute'],
    units: ['B1/0101', 'B1/0102', 'B1/0103', 'B1/0104'],
    parties: ['P-1', 'P-2', 'P-3', 'P-4'],
  });
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
