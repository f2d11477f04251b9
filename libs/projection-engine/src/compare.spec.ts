import { describe, expect, it } from '@jest/globals';
import type { RawDocument } from '#libs/read-store';
import { BSON } from 'mongodb';
import { compareDocuments, WHOLE_DOCUMENT, type CompareOptions } from './compare.js';

type Doc = { _id: string } & Record<string, unknown>;

async function* pages(docs: readonly Doc[], size: number): AsyncGenerator<RawDocument[]> {
  for (let from = 0; from < docs.length; from += size) {
    const page = docs.slice(from, from + size);
    yield page.map((doc) => ({ id: Buffer.from(doc._id), bytes: BSON.serialize(doc) }));
    yield [];
  }
}

const compare = (live: readonly Doc[], rebuilt: readonly Doc[], options?: CompareOptions) =>
  compareDocuments(pages(live, 2), pages(rebuilt, 3), options);

describe('two builds of a read model', () => {
  const docs: Doc[] = ['a', 'b', 'c', 'd', '\u{20000}', '\uFFFD'].map((_id, n) => ({ _id, n: BigInt(n) }));
  docs.sort((a, b) => Buffer.compare(Buffer.from(a._id), Buffer.from(b._id)));

  it('are equal when every document is', async () => {
    expect(await compare(docs, docs)).toMatchObject({ documents: 6, differenceCount: 0, differences: [] });
    expect(await compare([], [])).toMatchObject({ documents: 0, differenceCount: 0, differences: [] });
  });

  it('differ by field, type included, and by missing and surplus documents', async () => {
    const live: Doc[] = [{ _id: 'a', n: 1n, x: 'é' }, { _id: 'b', n: 1n }, { _id: 'e' }];
    const rebuilt: Doc[] = [{ _id: 'a', n: 1n, x: 'e' }, { _id: 'b', n: 1 }, { _id: 'c' }, { _id: 'd', y: 1 }];
    expect((await compare(live, rebuilt)).differences).toEqual([
      { id: 'a', field: 'x', live: '"é"', rebuilt: '"e"' },
      { id: 'b', field: 'n', live: '1n', rebuilt: '1' },
      { id: 'c', field: WHOLE_DOCUMENT, live: null, rebuilt: 'present' },
      { id: 'd', field: WHOLE_DOCUMENT, live: null, rebuilt: 'present' },
      { id: 'e', field: WHOLE_DOCUMENT, live: 'present', rebuilt: null },
    ]);
  });

  it('do not differ by the order of fields', async () => {
    const [live, rebuilt] = [[{ _id: 'a', x: 1, y: 2 }], [{ _id: 'a', y: 2, x: 1 }]];
    expect((await compare(live, rebuilt)).differenceCount).toBe(0);
  });

  it('are counted to the end and listed up to a limit', async () => {
    const many = Array.from({ length: 1_200 }, (_, n) => ({ _id: `${10_000 + n}` }));
    const result = await compare(many, []);
    expect(result.differenceCount).toBe(1_200);
    expect(result.differences).toHaveLength(1_000);
  });

  it('are told apart in fields that may differ, and not looked at in fields that are ignored', async () => {
    const changed = docs.map((doc) => ({ ...doc, at: 1, n: 2, note: 3 }));
    const all = await compare(docs, changed, { declared: new Set(['n']), ignored: new Set(['note']) });
    expect(all.declared.every(({ field }) => field === 'n')).toBe(true);
    expect(all.differences.map(({ field }) => field)).toContain('at');
    expect([...all.declared, ...all.differences].some(({ field }) => field === 'note')).toBe(false);
    expect(all.declaredCount).toBe(docs.length);
  });
});
