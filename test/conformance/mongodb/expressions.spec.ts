import { describe, expect, it } from '@jest/globals';
import { Binary, Decimal128, Double, ObjectId, Timestamp, type Document } from 'mongodb';
import { conformanceSubject } from './support.js';

const subject = conformanceSubject();

const DOC = {
  _id: 1,
  n: 2,
  s: 'abc',
  l: [3, 1, 2],
  o: { k: 1, m: 2 },
  at: new Date('2024-02-29T23:30:15.250Z'),
  ts: new Timestamp({ t: 5, i: 7 }),
  big: 9007199254740993n,
  dec: Decimal128.fromString('2.50'),
  oid: new ObjectId('65e0f0f0aabbccddeeff0011'),
};

async function value(expression: unknown): Promise<unknown> {
  await subject.coll.insertOne(DOC as never);
  const [result] = await subject.coll.aggregate([{ $project: { _id: 0, v: expression } }]).toArray();
  const found: unknown = result?.['v'];
  return found instanceof Decimal128 ? `decimal ${found.toString()}` : found;
}

type Row = readonly [string, unknown, unknown];

const VALUES: readonly Row[] = [
  ['$bitAnd', { $bitAnd: [12, 10n] }, 8n],
  ['$bitOr of nothing', { $bitOr: [] }, 0],
  ['$bitXor', { $bitXor: [6, 3] }, 5],
  ['$bitNot', { $bitNot: 5 }, -6],
  ['$bsonSize', { $bsonSize: { $literal: {} } }, 5],
  ['$binarySize', { $binarySize: 'é' }, 2],
  ['$tsSecond', [{ $tsSecond: '$ts' }, { $tsIncrement: '$ts' }], [5n, 7n]],
  ['$zip', { $zip: { inputs: ['$l', ['a']] } }, [[3, 'a']]],
  [
    '$zip to the longest',
    { $zip: { inputs: [['a'], [1, 2]], useLongestLength: true, defaults: ['z', 0] } },
    [
      ['a', 1],
      ['z', 2],
    ],
  ],
  ['$setField', { $setField: { field: 'k', input: '$o', value: 5 } }, { k: 5, m: 2 }],
  ['$setField with a dot', { $setField: { field: 'a.b', input: '$o', value: 5 } }, { k: 1, m: 2, 'a.b': 5 }],
  ['$setField to nothing', { $setField: { field: 'k', input: '$o', value: '$$REMOVE' } }, { m: 2 }],
  ['$unsetField', { $unsetField: { field: 'm', input: '$o' } }, { k: 1 }],
  ['$getField', { $getField: { field: 'k', input: '$o' } }, 1],
  ['$getField of the document', { $getField: 's' }, 'abc'],
  ['$filter with a limit', { $filter: { input: '$l', cond: { $gt: ['$$this', 1] }, limit: 1 } }, [3]],
  ['$firstN', { $firstN: { input: '$l', n: 2 } }, [3, 1]],
  ['$maxN', { $maxN: { input: '$l', n: 2 } }, [3, 2]],
  ['$median', { $median: { input: '$l', method: 'approximate' } }, 2],
  ['$stdDevPop', { $stdDevPop: [1, 3] }, 1],
  ['$setDifference keeps its order', { $setDifference: ['$l', [1]] }, [3, 2]],
  ['$setUnion with null', { $setUnion: ['$l', null] }, null],
  ['$setIsSubset', { $setIsSubset: [[1], '$l'] }, true],
  ['$allElementsTrue', { $allElementsTrue: ['$l'] }, true],
  ['$anyElementTrue', { $anyElementTrue: [[0, false, null]] }, false],
  ['$sin', { $sin: 0 }, 0],
  ['$atan2', { $atan2: [1, 1] }, Math.PI / 4],
  ['$degreesToRadians', { $degreesToRadians: 180 }, Math.PI],
  ['$log', { $log: [8, 2] }, 3],
  ['$pow of negative exponents', { $pow: [2, -1] }, 0.5],
  ['$round to tens', { $round: [1250, -2] }, 1200],
  ['$trunc of a decimal', { $trunc: ['$dec', 1] }, 'decimal 2.5'],
  ['$add of a decimal', { $add: ['$dec', 1] }, 'decimal 3.50'],
  ['$multiply of a decimal', { $multiply: ['$dec', 2n] }, 'decimal 5.00'],
  ['$sqrt of a decimal', { $sqrt: Decimal128.fromString('6.25') }, 'decimal 2.5'],
  ['$mod of doubles', { $mod: [5.5, 2] }, 1.5],
  ['$mod of an integral double', { $mod: [new Double(80), 7] }, 3],
  ['$abs', { $abs: '$big' }, 9007199254740993n],
  ['$range downwards', { $range: [3, 0, -2] }, [3, 1]],
  ['$slice from the end', { $slice: ['$l', -2] }, [1, 2]],
  ['$indexOfArray', { $indexOfArray: ['$l', 2] }, 2],
  ['$indexOfBytes', { $indexOfBytes: ['cafétéria', 'é', 5] }, 6],
  ['$strcasecmp', { $strcasecmp: ['É', 'é'] }, -1],
  ['$substrBytes', { $substrBytes: ['$s', 1, -1] }, 'bc'],
  ['$toUpper of null', { $toUpper: null }, ''],
  ['$rtrim', { $rtrim: { input: ' a \n' } }, ' a'],
  ['$replaceOne', { $replaceOne: { input: 'aa', find: 'a', replacement: 'b' } }, 'ba'],
  [
    '$regexFindAll',
    { $regexFindAll: { input: 'a1b22', regex: '[0-9]+' } },
    [
      { match: '1', idx: 1, captures: [] },
      { match: '22', idx: 3, captures: [] },
    ],
  ],
  ['$switch without a match', { $switch: { branches: [{ case: false, then: 1 }], default: 'd' } }, 'd'],
  ['$ifNull of several', { $ifNull: ['$x', '$y', 3] }, 3],
  ['$cond as a document', { $cond: { if: '$n', then: 'y', else: 'n' } }, 'y'],
  ['$let shadows', { $let: { vars: { n: 5 }, in: { $let: { vars: { n: 6 }, in: '$$n' } } } }, 6],
  [
    '$reduce with arrays',
    { $reduce: { input: '$l', initialValue: [], in: { $concatArrays: ['$$value', ['$$this']] } } },
    [3, 1, 2],
  ],
  [
    '$type of all kinds',
    [{ $type: '$big' }, { $type: '$dec' }, { $type: '$ts' }, { $type: '$oid' }],
    ['long', 'decimal', 'timestamp', 'objectId'],
  ],
  ['$isNumber', [{ $isNumber: '$dec' }, { $isNumber: '$s' }], [true, false]],
  ['$toBool', [{ $toBool: 'false' }, { $toBool: 0.0 }, { $toBool: '$at' }], [true, false, true]],
  ['$toDecimal', { $toDecimal: '1.10' }, 'decimal 1.10'],
  ['$toDouble', { $toDouble: '1e3' }, 1000],
  ['$toDate of a long', { $toDate: 0n }, new Date(0)],
  ['$toString of a date', { $toString: '$at' }, '2024-02-29T23:30:15.250Z'],
  ['$toObjectId', { $toString: { $toObjectId: '65e0f0f0aabbccddeeff0011' } }, '65e0f0f0aabbccddeeff0011'],
  ['$convert onNull', { $convert: { input: '$x', to: 'int', onNull: 'none' } }, 'none'],
  ['$convert by number', { $convert: { input: 1.9, to: 16 } }, 1],
  ['$sortArray of values', { $sortArray: { input: '$l', sortBy: -1 } }, [3, 2, 1]],
  ['$$ROOT', { $getField: { field: 'n', input: '$$ROOT' } }, 2],
  ['numbers as names', '$l.0', []],
];

const DATES: readonly Row[] = [
  ['parts', [{ $isoWeek: '$at' }, { $dayOfYear: '$at' }, { $dayOfWeek: '$at' }, { $week: '$at' }], [9, 60, 5, 8]],
  ['$hour in a zone', { $hour: { date: '$at', timezone: 'America/New_York' } }, 18],
  [
    '$dateToString',
    { $dateToString: { date: '$at', format: '%G-W%V-%u %j %w %U %L %z %Z %%' } },
    '2024-W09-4 060 5 08 250 +0000 0 %',
  ],
  ['names of months', { $dateToString: { date: '$at', format: '%b %B' } }, 'Feb February'],
  ['without a format', { $dateToString: { date: '$at' } }, '2024-02-29T23:30:15.250Z'],
  ['without a format, in a zone', { $dateToString: { date: '$at', timezone: '+01:00' } }, '2024-03-01T00:30:15.250'],
  ['of null', { $dateToString: { date: '$x', onNull: 'none' } }, 'none'],
  [
    '$dateTrunc to bins',
    { $dateTrunc: { date: '$at', unit: 'minute', binSize: 15 } },
    new Date('2024-02-29T23:30:00Z'),
  ],
  [
    '$dateTrunc to bins of months',
    { $dateTrunc: { date: '$at', unit: 'month', binSize: 2 } },
    new Date('2024-01-01T00:00:00Z'),
  ],
  [
    '$dateTrunc to weeks',
    { $dateTrunc: { date: '$at', unit: 'week', startOfWeek: 'monday' } },
    new Date('2024-02-26T00:00:00Z'),
  ],
  [
    '$dateTrunc in a zone',
    { $dateTrunc: { date: '$at', unit: 'day', timezone: 'Asia/Shanghai' } },
    new Date('2024-02-29T16:00:00Z'),
  ],
  [
    '$dateAdd of months',
    { $dateAdd: { startDate: new Date('2024-01-31T00:00:00Z'), unit: 'month', amount: 1 } },
    new Date('2024-02-29T00:00:00Z'),
  ],
  [
    '$dateSubtract',
    { $dateSubtract: { startDate: '$at', unit: 'quarter', amount: 1 } },
    new Date('2023-11-29T23:30:15.250Z'),
  ],
  [
    '$dateAdd over a change of clocks',
    { $dateAdd: { startDate: new Date('2024-03-09T17:00:00Z'), unit: 'day', amount: 1, timezone: 'America/New_York' } },
    new Date('2024-03-10T16:00:00Z'),
  ],
  [
    '$dateDiff counts boundaries',
    {
      $dateDiff: {
        startDate: new Date('2023-12-31T23:59:59Z'),
        endDate: new Date('2024-01-01T00:00:00Z'),
        unit: 'year',
      },
    },
    1n,
  ],
  [
    '$dateDiff backwards',
    { $dateDiff: { startDate: '$at', endDate: new Date('2024-02-28T00:00:00Z'), unit: 'day' } },
    -1n,
  ],
  [
    '$dateDiff of weeks',
    {
      $dateDiff: {
        startDate: new Date('2024-02-24T00:00:00Z'),
        endDate: new Date('2024-02-25T00:00:00Z'),
        unit: 'week',
      },
    },
    1n,
  ],
  [
    '$dateToParts',
    { $dateToParts: { date: '$at' } },
    { year: 2024, month: 2, day: 29, hour: 23, minute: 30, second: 15, millisecond: 250 },
  ],
  [
    '$dateToParts by ISO',
    { $dateToParts: { date: '$at', iso8601: true } },
    { isoWeekYear: 2024, isoWeek: 9, isoDayOfWeek: 4, hour: 23, minute: 30, second: 15, millisecond: 250 },
  ],
  [
    '$dateFromParts by ISO',
    { $dateFromParts: { isoWeekYear: 2024, isoWeek: 9, isoDayOfWeek: 4 } },
    new Date('2024-02-29T00:00:00Z'),
  ],
  [
    '$dateFromParts in a zone',
    { $dateFromParts: { year: 2024, hour: 5, timezone: 'Asia/Shanghai' } },
    new Date('2023-12-31T21:00:00Z'),
  ],
  [
    '$dateFromString by a format',
    { $dateFromString: { dateString: '29/02/2024', format: '%d/%m/%Y' } },
    new Date('2024-02-29T00:00:00Z'),
  ],
  [
    '$dateFromString with an offset',
    { $dateFromString: { dateString: '2024-02-29T10:00:00+0800' } },
    new Date('2024-02-29T02:00:00Z'),
  ],
  ['$toUUID', { $type: { $toUUID: '0e3b9063-8abd-4eb3-9f9f-f4c59fd30a60' } }, 'binData'],
  ['$dateFromString of nonsense', { $dateFromString: { dateString: 'frob', onError: 'bad' } }, 'bad'],
  ['adding to dates', { $add: ['$at', 1000n] }, new Date('2024-02-29T23:30:16.250Z')],
  ['subtracting from dates', { $subtract: ['$at', 250] }, new Date('2024-02-29T23:30:15.000Z')],
];

describe('expressions', () => {
  it.each([...VALUES])('%s', async (...row) => {
    expect(await value(row[1])).toEqual(row[2]);
  });
});

describe('dates', () => {
  it.each([...DATES])('%s', async (...row) => {
    expect(await value(row[1])).toEqual(row[2]);
  });
});

/** Messages are mongod's own, without what says where they came up. */
const REFUSED: readonly (readonly [unknown, number, string?])[] = [
  [{ $size: 1 }, 17124, 'The argument to $size must be an array, but was of type: int'],
  [{ $size: '$x' }, 17124, 'The argument to $size must be an array, but was of type: missing'],
  [{ $first: 1 }, 28689, "$first's argument must be an array, but is int"],
  [{ $reverseArray: 1 }, 34435, 'The argument to $reverseArray must be an array, but was of type: int'],
  [{ $strLenCP: 1 }, 34471, '$strLenCP requires a string argument, found: int'],
  [{ $strLenBytes: null }, 34473],
  [{ $arrayToObject: 1 }, 40386, '$arrayToObject requires an array input, found: int'],
  [{ $objectToArray: 1 }, 40390, '$objectToArray requires a document input, found: int'],
  [{ $bsonSize: 1 }, 31393, '$bsonSize requires a document input, found: int'],
  [{ $binarySize: 1 }, 51276, '$binarySize requires a string or BinData argument, found: int'],
  [{ $allElementsTrue: 1 }, 17040, "$allElementsTrue's argument must be an array, but is int"],
  [{ $anyElementTrue: 1 }, 17041, "$anyElementTrue's argument must be an array, but is int"],
  [{ $concat: [1] }, 16702, '$concat only supports strings, not int'],
  [{ $concatArrays: [1, [2]] }, 28664, '$concatArrays only supports arrays, not int'],
  [{ $in: [1, 2] }, 40081, '$in requires an array as a second argument, found: int'],
  [{ $arrayElemAt: [1, 0] }, 28689, "$arrayElemAt's first argument must be an array, but is int"],
  [{ $slice: [1, 2] }, 28724, 'First argument to $slice must be an array, but is of type: int'],
  [{ $indexOfArray: [1, 2] }, 40090, '$indexOfArray requires an array as a first argument, found: int'],
  [{ $indexOfBytes: [1, 'a'] }, 40091],
  [{ $indexOfCP: [1, 'a'] }, 40093],
  [{ $indexOfCP: ['ab', 1] }, 40094],
  [{ $split: [1, ','] }, 40085],
  [{ $split: ['a,b', ''] }, 40087, '$split requires a non-empty separator'],
  [{ $toLower: true }, 16007, "can't convert from BSON type bool to String"],
  [{ $tsSecond: 1 }, 5687301, ' Argument to $tsSecond must be a timestamp, but is int'],
  [{ $bitAnd: 1.5 }, 14, '$bitAnd only supports int and long operands.'],
  [{ $bitNot: 'abc' }, 28765, '$bitNot only supports numeric types, not string'],
  [{ $setUnion: [1, null] }, 17043, 'All operands of $setUnion must be arrays. One argument is of type: int'],
  [
    { $setEquals: [[1], '$none'] },
    17044,
    'All operands of $setEquals must be arrays. 2-th argument is of type: missing',
  ],
  [{ $setDifference: [[1], 2] }, 17049],
  [{ $setIsSubset: [null, [1]] }, 17046],
  [{ $year: 'abc' }, 16006, "can't convert from BSON type string to Date"],
  [{ $year: { date: '$at', k: 1 } }, 40535, 'unrecognized option to $year: "k"'],
  [{ $year: {} }, 40539, "missing 'date' argument to $year, provided: $year: {}"],
  [{ $toInt: [] }, 50723, '$toInt requires a single argument, got 0'],
  [{ $toInt: { k: 1 } }, 241, 'Unsupported conversion from object to int in $convert with no onError value'],
  [{ $toObjectId: 1 }, 241, 'Unsupported conversion from int to objectId in $convert with no onError value'],
  [{ $hour: { date: '$at', timezone: 'Frob/Nowhere' } }, 40485],
  [{ $dateToString: { date: '$at', format: '%Q' } }, 18536],
  [{ $dateFromString: { dateString: 'frob' } }, 241],
  [{ $dateFromString: { dateString: '2024' } }, 241],
  [{ $dateTrunc: { date: '$at', unit: 'frob' } }, 9],
  [{ $divide: [1, 0] }, 2, "can't $divide by zero"],
  [{ $mod: [1, 0] }, 16610, "can't $mod by zero"],
  [{ $subtract: ['a', 1] }, 14],
  [{ $ln: 0 }, 28766, "$ln's argument must be a positive number, but is 0"],
  [{ $log: [0, 2] }, 28758],
  [{ $sqrt: -1 }, 28714, "$sqrt's argument must be greater than or equal to 0"],
  [{ $acos: 2 }, 50989, 'cannot apply $acos to 2, value must be in [-1,1]'],
  [{ $range: [0, 1, 0] }, 34449, '$range requires a non-zero step value'],
  [{ $switch: { branches: [] } }, 40068],
  [{ $cond: { if: 1, then: 2 } }, 17082, "Missing 'else' parameter to $cond"],
  [{ $cond: [1, 2] }, 16020, 'Expression $cond takes exactly 3 arguments. 2 were passed in.'],
  [{ $slice: [[1]] }, 28667, 'Expression $slice takes at least 2 arguments, and at most 3, but 1 were passed in.'],
  [{ $ifNull: [1] }, 1257300, '$ifNull needs at least two arguments, had: 1'],
  [{ $let: { vars: { X: 1 }, in: 1 } }, 9, "'X' starts with an invalid character for a user variable name"],
  [{ $map: { input: '$l', as: 'x', in: '$$y' } }, 17276, 'Use of undefined variable: y'],
  [{ $getField: { field: 'a', input: 1, frob: 1 } }, 3041701],
  [{ $zip: { inputs: 1 } }, 34461],
  [{ $filter: { input: '$l', cond: true, limit: 0 } }, 327392],
  [{ $frob: 1 }, 31325, 'Unknown expression $frob'],
  [[{ $frob: 1 }], 168, "Unrecognized expression '$frob'"],
  ['$', 16872, "'$' by itself is not a valid FieldPath"],
  ['$a..b', 15998, 'FieldPath field names may not be empty strings.'],
  ['$a.$b', 16410],
  [{ $regexMatch: { input: 1, regex: 'a' } }, 51104],
];

describe('refused expressions', () => {
  it.each([...REFUSED])('%j: %i', async (...row) => {
    const [expression, code, message = ''] = row;
    const failure = value(expression);
    await expect(failure).rejects.toMatchObject({ code });
    await expect(failure).rejects.toThrow(message);
  });

  it('before any document is seen', async () => {
    const none = subject.db.collection('none');
    await expect(none.aggregate([{ $project: { v: '$$nope' } }]).toArray()).rejects.toMatchObject({ code: 17276 });
    await expect(none.find({ $expr: { $eq: ['$$nope', 1] } }).toArray()).rejects.toMatchObject({ code: 17276 });
  });
});

describe('variables', () => {
  it('of a command reach filters, projections and pipelines', async () => {
    await subject.coll.insertMany([{ a: 1 }, { a: 2 }] as Document[]);
    const options = { let: { least: 2 } };
    const found = await subject.coll.find({ $expr: { $gte: ['$a', '$$least'] } }, options).toArray();
    expect(found.map((doc) => doc['a'] as unknown)).toEqual([2]);
    const [made] = await subject.coll
      .aggregate([{ $project: { _id: 0, v: { $add: ['$a', '$$least'] } } }], options)
      .toArray();
    expect(made).toEqual({ v: 3 });
    await subject.coll.updateOne({ a: 1 }, [{ $set: { b: '$$least' } }], options);
    expect((await subject.coll.findOne({ a: 1 }))?.['b']).toBe(2);
  });

  it('keep literal bytes and types', async () => {
    const bytes = new Binary(Buffer.from([1, 2]), 5);
    await subject.coll.insertOne({ _id: 1 as never, bytes });
    const [found] = await subject.coll.aggregate([{ $project: { v: ['$bytes', { $literal: bytes }] } }]).toArray();
    expect(found?.['v']).toEqual([bytes, bytes]);
  });
});
