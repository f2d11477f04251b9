import { describe, expect, it } from '@jest/globals';
import { Decimal128, type Document } from 'mongodb';
import { conformanceSubject } from './support.js';

const subject = conformanceSubject();

/** Rows of two partitions, stored out of order. */
const ROWS = [
  { _id: 3, p: 'a', t: 3, v: 30 },
  { _id: 1, p: 'a', t: 1, v: 10 },
  { _id: 5, p: 'b', t: 2, v: 7 },
  { _id: 2, p: 'a', t: 2, v: null },
  { _id: 4, p: 'b', t: 1, v: 5 },
  { _id: 6, p: 'a', t: 3, v: 40 },
];

/** The field `x` of each document by the order of partition, time and _id. */
async function values(output: Document, docs: readonly Document[] = ROWS, sortBy: Document = { t: 1, _id: 1 }) {
  await subject.coll.insertMany([...docs]);
  const found = await subject.coll
    .aggregate([{ $setWindowFields: { partitionBy: '$p', sortBy, output: { x: output } } }], { promoteLongs: true })
    .toArray();
  return found.map((doc) => doc['x'] as unknown);
}

describe('$setWindowFields over documents', () => {
  it.each<[string, Document, readonly unknown[]]>([
    ['the whole partition', { $sum: '$v' }, [80, 80, 80, 80, 12, 12]],
    ['a running total', { $sum: '$v', window: { documents: ['unbounded', 'current'] } }, [10, 10, 40, 80, 5, 12]],
    ['neighbours', { $sum: '$v', window: { documents: [-1, 1] } }, [10, 40, 70, 70, 12, 12]],
    ['what follows', { $push: '$_id', window: { documents: [1, 'unbounded'] } }, [[2, 3, 6], [3, 6], [6], [], [5], []]],
    ['a window before', { $count: {}, window: { documents: [-2, -1] } }, [0, 1, 2, 2, 0, 1]],
    ['least and greatest', { $max: '$v', window: { documents: [-1, 0] } }, [10, 10, 30, 40, 5, 7]],
    ['the first', { $first: '$_id', window: { documents: [-1, 'unbounded'] } }, [1, 1, 2, 3, 4, 4]],
    ['document numbers', { $shift: { output: '$_id', by: 1, default: 'none' } }, [2, 3, 6, 'none', 5, 'none']],
    ['shifts backwards', { $shift: { output: '$_id', by: -1 } }, [null, 1, 2, 3, null, 4]],
    ['the last known', { $locf: '$v' }, [10, 10, 30, 40, 5, 7]],
    [
      'several least',
      { $minN: { input: '$v', n: 2 } },
      [
        [10, 30],
        [10, 30],
        [10, 30],
        [10, 30],
        [5, 7],
        [5, 7],
      ],
    ],
  ])('%s', async (_name, output, expected) => {
    expect(await values(output)).toEqual(expected);
  });

  it('ranks', async () => {
    const rows = [10, 20, 20, 30].map((s, i) => ({ _id: i, p: 1, s }));
    await subject.coll.insertMany(rows as never[]);
    const output = { r: { $rank: {} }, d: { $denseRank: {} }, n: { $documentNumber: {} } };
    const found = await subject.coll.aggregate([{ $setWindowFields: { sortBy: { s: -1 }, output } }]).toArray();
    expect(found.map(({ s, r, d, n }) => [s, r, d, n] as unknown)).toEqual([
      [30, 1, 1, 1],
      [20, 2, 2, 2],
      [20, 2, 2, 3],
      [10, 4, 3, 4],
    ]);
  });

  it('fills gaps in a line', async () => {
    const rows = [1, null, null, 10, null].map((v, i) => ({ _id: i as never, p: 1, t: i, v }));
    expect(await values({ $linearFill: '$v' }, rows, { t: 1 })).toEqual([1, 4, 7, 10, null]);
  });

  it('averages with decaying weight', async () => {
    const rows = [10, 20, 40].map((v, i) => ({ _id: i as never, p: 1, t: i, v }));
    expect(await values({ $expMovingAvg: { input: '$v', alpha: 0.5 } }, rows, { t: 1 })).toEqual([10, 15, 27.5]);
  });

  it('sets nested fields', async () => {
    await subject.coll.insertOne({ _id: 1 as never, a: { b: 1 } });
    const output = { 'a.n': { $sum: 1 } };
    expect(await subject.coll.aggregate([{ $setWindowFields: { output } }]).toArray()).toEqual([
      { _id: 1, a: { b: 1, n: 1 } },
    ]);
  });
});

describe('$setWindowFields over ranges', () => {
  it('of numbers, peers included', async () => {
    const sum = { $sum: '$v', window: { range: [-1, 'current'] } };
    expect(await values(sum, ROWS, { t: 1 })).toEqual([10, 10, 70, 70, 5, 12]);
  });

  it('of dates, by units', async () => {
    const day = (n: number) => new Date(Date.UTC(2024, 0, n));
    const rows = [1, 2, 4, 31].map((n, i) => ({ _id: i as never, p: 1, at: day(n), v: 1 }));
    const window = { range: [-2, 0], unit: 'day' };
    expect(await values({ $sum: '$v', window }, rows, { at: 1 })).toEqual([1, 2, 2, 1]);
    const month = { range: ['unbounded', -1], unit: 'month' };
    const later = await subject.coll
      .aggregate([
        { $set: { at: { $dateAdd: { startDate: '$at', unit: 'day', amount: 0 } } } },
        { $setWindowFields: { sortBy: { at: 1 }, output: { x: { $count: {}, window: month } } } },
      ])
      .toArray();
    expect(later.map((doc) => doc['x'] as unknown)).toEqual([0, 0, 0, 0]);
  });

  it('derivatives and integrals', async () => {
    const rows = [0, 60, 180].map((s, i) => ({ _id: i as never, p: 1, at: new Date(s * 1000), v: i * 10 }));
    const window = { documents: [-1, 0] };
    expect(await values({ $derivative: { input: '$v', unit: 'minute' }, window }, rows, { at: 1 })).toEqual([
      null,
      10,
      5,
    ]);
    const total = { $integral: { input: '$v', unit: 'minute' }, window: { documents: ['unbounded', 'current'] } };
    const found = await subject.coll
      .aggregate([{ $setWindowFields: { sortBy: { at: 1 }, output: { x: total } } }])
      .toArray();
    expect(found.map((doc) => doc['x'] as unknown)).toEqual([0, 5, 35]);
  });

  it('refuses values that do not fit', async () => {
    const window = { range: [-1, 0] };
    await expect(values({ $sum: '$v', window }, [{ p: 1, t: 'x' }], { t: 1 })).rejects.toMatchObject({ code: 5429413 });
  });
});

describe('errors', () => {
  const stage = (spec: unknown) => subject.coll.aggregate([{ $setWindowFields: spec as Document }]).toArray();
  it.each<[string, unknown, number]>([
    ['a stage that is no document', 5, 9],
    ['no output', {}, 40414],
    ['an unknown field', { output: {}, frob: 1 }, 40415],
    ['an unknown function', { output: { x: { $frob: 1 } } }, 9],
    ['a function beside a function', { output: { x: { $sum: 1, $avg: 1 } } }, 9],
    ['documents without an order', { output: { x: { $sum: 1, window: { documents: [-1, 1] } } } }, 5339901],
    [
      'bounds the wrong way round',
      { sortBy: { a: 1 }, output: { x: { $sum: 1, window: { documents: [1, -1] } } } },
      5339900,
    ],
    [
      'ranges of two fields',
      { sortBy: { a: 1, b: 1 }, output: { x: { $sum: 1, window: { range: [1, 2] } } } },
      5339902,
    ],
    ['a rank without an order', { output: { x: { $rank: {} } } }, 5371602],
    [
      'a rank with a window',
      { sortBy: { a: 1 }, output: { x: { $rank: {}, window: { documents: [0, 0] } } } },
      5371601,
    ],
    ['a rank of something', { sortBy: { a: 1 }, output: { x: { $rank: 1 } } }, 5371603],
  ])('refuse %s', async (_name, spec, code) => {
    await subject.coll.insertOne({ a: 1 });
    await expect(stage(spec)).rejects.toMatchObject({ code });
  });
});

describe('accumulators', () => {
  const SCORES = [
    { g: 'x', s: 3, n: 'c' },
    { g: 'x', s: 1, n: 'a' },
    { g: 'x', s: 2, n: 'b' },
    { g: 'y', n: 'z' },
  ];
  it.each<[string, Document, unknown, unknown]>([
    ['$top', { $top: { output: '$n', sortBy: { s: -1 } } }, 'c', 'z'],
    ['$bottom', { $bottom: { output: ['$n', '$s'], sortBy: { s: -1 } } }, ['a', 1], ['z', null]],
    ['$topN', { $topN: { output: '$n', sortBy: { s: 1 }, n: 2 } }, ['a', 'b'], ['z']],
    ['$bottomN', { $bottomN: { output: '$n', sortBy: { s: 1 }, n: 2 } }, ['b', 'c'], ['z']],
    ['$firstN', { $firstN: { input: '$s', n: 2 } }, [3, 1], [null]],
    ['$lastN', { $lastN: { input: '$s', n: 2 } }, [1, 2], [null]],
    ['$minN', { $minN: { input: '$s', n: 2 } }, [1, 2], []],
    ['$maxN', { $maxN: { input: '$s', n: 2 } }, [3, 2], []],
    ['$median', { $median: { input: '$s', method: 'approximate' } }, 2, null],
    ['$percentile', { $percentile: { input: '$s', p: [0.1, 0.99], method: 'approximate' } }, [1, 3], [null, null]],
    ['$stdDevSamp', { $stdDevSamp: '$s' }, 1, null],
    ['$stdDevPop', { $stdDevPop: '$s' }, Math.sqrt(2 / 3), null],
    ['$mergeObjects', { $mergeObjects: { k: '$s' } }, { k: 2 }, {}],
  ])('%s', async (_name, accumulator, x, y) => {
    await subject.coll.insertMany(SCORES.map((score, i) => ({ _id: i as never, ...score })));
    const groups = await subject.coll
      .aggregate([{ $sort: { _id: 1 } }, { $group: { _id: '$g', v: accumulator } }, { $sort: { _id: 1 } }])
      .toArray();
    expect(groups.map((group) => group['v'] as unknown)).toEqual([x, y]);
  });

  it.each<[string, Document, number]>([
    ['n of zero', { $firstN: { input: '$s', n: 0 } }, 5787908],
    ['no n', { $firstN: { input: '$s' } }, 5787906],
    ['no output', { $top: { sortBy: { s: 1 } } }, 5788004],
    ['no order', { $top: { output: '$s' } }, 5788005],
    ['several arguments', { $sum: ['$s', '$t'] }, 40237],
    ['an argument of $count', { $count: 1 }, 14],
  ])('refuse %s', async (_name, accumulator, code) => {
    await subject.coll.insertOne({ s: 1 });
    const failure = subject.coll.aggregate([{ $group: { _id: null, v: accumulator } }]).toArray();
    await expect(failure).rejects.toMatchObject({ code });
  });

  it('sum decimals exactly and keep the type', async () => {
    await subject.coll.insertMany([{ d: Decimal128.fromString('0.1') }, { d: 1 }, { d: 2n }]);
    const [group] = await subject.coll.aggregate([{ $group: { _id: null, v: { $sum: '$d' } } }]).toArray();
    expect(String(group?.['v'])).toBe('3.1');
  });
});
