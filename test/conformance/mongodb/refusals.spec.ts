import { beforeEach, describe, expect, it } from '@jest/globals';
import { Double, type Document } from 'mongodb';
import { conformanceSubject } from './support.js';

const subject = conformanceSubject();
const coll = (): string => subject.coll.collectionName;

beforeEach(async () => {
  await subject.coll.insertOne({ _id: 1 as never, a: 1, list: [{ x: 1 }, { x: 2 }], n: [1, 2, 3] });
});

describe('updates', () => {
  it.each<[string, Document, Document, number]>([
    ['one element by two ways', { $set: { 'list.$[e].x': 5, 'list.$[].x': 6 } }, { arrayFilters: [{ 'e.x': 1 }] }, 40],
    ['all elements and one by its position', { $set: { 'list.0.x': 5, 'list.$[].x': 6 } }, {}, 40],
    [
      'an element and what is in it',
      { $set: { 'list.$[e]': 5, 'list.$[].x': 6 } },
      { arrayFilters: [{ 'e.x': 1 }] },
      40,
    ],
    ['a position far behind the end', { $set: { 'n.2000000': 1 } }, {}, 34],
    ['constants without a pipeline', { $set: { a: 2 } }, { c: { v: 1 } }, 51198],
  ])('refuse %s', async (_name, u, options, code) => {
    const answer = await subject.db.command({ update: coll(), updates: [{ q: { _id: 1 }, u, ...options }] });
    expect(answer['writeErrors']).toMatchObject([{ code }]);
  });

  it('change different elements by two ways', async () => {
    const update = { $set: { 'list.$[e].x': 5, 'list.$[f].x': 6 } };
    const arrayFilters = [{ 'e.x': 1 }, { 'f.x': 2 }];
    await subject.coll.updateOne({ _id: 1 as never }, update, { arrayFilters });
    expect(await subject.coll.findOne({})).toMatchObject({ list: [{ x: 5 }, { x: 6 }] });
  });
});

describe('finds', () => {
  it.each<[string, Document, number]>([
    ['$all with and without $elemMatch', { filter: { list: { $all: [{ $elemMatch: { x: 1 } }, 5] } } }, 2],
    ['$all without and with $elemMatch', { filter: { list: { $all: [5, { $elemMatch: { x: 1 } }] } } }, 2],
    ['$alwaysTrue that is not 1', { filter: { $alwaysTrue: 2 } }, 9],
    ['an element that the array has not', { filter: { 'list.x': 1, n: 3 }, projection: { 'list.$': 1 } }, 51247],
    ['$natural among others', { sort: { $natural: 1, a: 1 } }, 2],
    ['a $natural sort of 2', { sort: { $natural: 2 } }, 2],
    ['a $natural hint of 2', { hint: { $natural: 2 } }, 2],
    ['a let that names a field', { let: { v: '$a' } }, 4890500],
    ['a let that names the document', { let: { v: { $add: ['$$ROOT.a', 1] } } }, 4890500],
    ['awaitData without tailable', { awaitData: true }, 9],
    ['a tailable cursor of what is not capped', { tailable: true }, 2],
  ])('refuse %s', async (_name, options, code) => {
    await expect(subject.db.command({ find: coll(), ...options })).rejects.toMatchObject({ code });
  });

  it('take constants for let', async () => {
    const asked = { filter: { $expr: { $eq: ['$a', '$$v'] } }, let: { v: { $add: [new Double(0.5), 0.5] } } };
    expect((await subject.db.command({ find: coll(), ...asked }))['cursor'].firstBatch).toHaveLength(1);
    const literal = { filter: { $expr: { $eq: ['$$v', { $literal: '$a' }] } }, let: { v: { $literal: '$a' } } };
    expect((await subject.db.command({ find: coll(), ...literal }))['cursor'].firstBatch).toHaveLength(1);
  });
});

describe('other commands', () => {
  it.each<[string, () => Document, number]>([
    [
      'a dotted name of a facet',
      () => ({ aggregate: coll(), pipeline: [{ $facet: { 'a.b': [] } }], cursor: {} }),
      16412,
    ],
    ['a $lookup by an expression', () => lookup({ localField: '$a' }), 16410],
    ['a $lookup as nothing', () => lookup({ as: '' }), 40352],
    ['an unknown option of the cursor', () => ({ aggregate: coll(), pipeline: [], cursor: { x: 1 } }), 40415],
    ['a hint of a count that names no index', () => ({ count: coll(), hint: 'none' }), 2],
    [
      'array filters of a removal',
      () => ({ findAndModify: coll(), query: {}, remove: true, arrayFilters: [{ x: 1 }] }),
      9,
    ],
  ])('refuse %s', async (_name, command, code) => {
    await expect(subject.db.command(command())).rejects.toMatchObject({ code });
  });

  function lookup(spec: Document): Document {
    const $lookup = { from: coll(), localField: 'a', foreignField: '_id', as: 'j', ...spec };
    return { aggregate: coll(), pipeline: [{ $lookup }], cursor: {} };
  }
});
