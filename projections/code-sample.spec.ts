import { describe, expect, it } from '@jest/globals';
import {
  codeMark,
  EventReader,
  EVERY_CALL,
  watchedForPurity,
  type ProjectedEvent,
  type Projection,
} from '#libs/projection-engine';
import { codeSample } from './code-sample.js';
import { EVENT_TYPES } from './event-types.js';
import { projections } from './index.js';

describe('the sample that marks the code of read models', () => {
  it('has every type that some context records', () => {
    expect([...new Set(codeSample.events.map(({ type }) => type))].sort()).toEqual(
      expect.arrayContaining([...EVENT_TYPES].sort()),
    );
  });

  it.each(projections.map((projection) => [projection.name, projection] as const))(
    '%s folds all of it',
    (_name, projection) => {
      const watched = watchedForPurity(projection, EVERY_CALL);
      const failures: unknown[] = [];
      const noted = <T>(work: () => T): T => {
        try {
          return work();
        } catch (error) {
          failures.push(error);
          throw error;
        }
      };
      const listening: Projection = watched.appendOnly
        ? { ...watched, documents: (event: ProjectedEvent) => noted(() => watched.documents(event)) }
        : {
            ...watched,
            keys: (event) => noted(() => watched.keys(event)),
            evolve: (doc, event, key) => noted(() => watched.evolve(doc, event, key)),
          };
      expect(codeMark(listening, codeSample)).toBe(codeMark(projection, codeSample));
      expect(failures).toEqual([]);
    },
  );

  it('marks each version: another mark under the same version is refused by every installation', () => {
    const versions = projections.flatMap((projection) =>
      projection.previous ? [projection.previous, projection] : [projection],
    );
    const marks = versions.map((projection) => [
      `${projection.name}.v${projection.version}`,
      codeMark(projection, codeSample),
    ]);
    expect(Object.fromEntries(marks)).toEqual({
      'arrears-accounts.v1': '3c815c954666830c245e92f2efe41cd4ed93bedb1f6247b00ddbdcd006aaac44',
      'arrears-aging.v1': '8decd20b9907e4f9f5fc89b02f2f2be4228d1c08c9eea658685fb9d4a45a3d28',
      'arrears-totals.v1': 'bada253435ae96f983405e9bef00316ce1ce08c833265c0027ae4faea1103c22',
      'audit-trail.v1': '1a49d072900d6387515dc8c53da31d53adf10744449c6b209a055c3a67229ad6',
      'case-queue.v1': 'f880b68dabbe1d5383fae93c3111edd83819788d8eacd2510b4e3094340137f0',
      'case-timers.v1': 'bb7ef6e68ebcb5bbc350dcaa95adbe0b951d55d23e152daf46b628abca11aeb5',
      'conservation.v1': 'c20d2f2252e471647fa22d6d5f4ae0d408b04a6c27e230db6c45131f00deca52',
      'conservation.v2': '9a498cc6fe6a9585fc87e69bea4d5ed65be12c03f92a5ffb671abea4e4100e95',
      'ledger.v1': '09e9e85af92643f970579a1d3babc16c1329a23121857176b212607bbef22df6',
      'parties.v1': '1d4462355bf5cbcb859021d7cde5c7c261ef0024e0ae0f5a90a9a87fe849a2e0',
      'service-quality.v1': 'ca48a9eb04ecfbb04ab5a028b8578a92c2970d404c33133efbe1a79a35f2734d',
      'units.v1': 'cfd23cd74500c29328f3be60cdad9b2e57f20519ef6eaa72e685f4c508fb08d9',
    });
  });

  it('reads like events of a store', () => {
    const events = new EventReader().read(codeSample.events);
    expect(events.filter(({ unreadable }) => unreadable !== undefined)).toEqual([]);
    expect(events).toHaveLength(codeSample.events.length);
  });
});
