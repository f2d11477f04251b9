/** Random values of every BSON type, filters and pipelines: most of them make sense, some none at all. */
import { BSON } from 'mongodb';

const WORDS = [
  '',
  'a',
  'b',
  'a.b',
  'a.0',
  '$a',
  '_id',
  'a..b',
  '$',
  '.',
  'x'.repeat(300),
  '长',
  'a\u0001',
  '__proto__',
  'length',
];
const COLLECTIONS = ['f0', 'f1', 'f2', 'f3', '', 'system.x', '$cmd', 'x'.repeat(300)];
const NUMBERS = [0, 1, -1, 2, 7, 1e9, 2 ** 31, -(2 ** 31), 2 ** 53, 1e300, NaN, Infinity, -0, 0.1];
const PATTERNS = ['^a', '(', '[', '(a|b)*c', '\\', '(?=x)', 'a{1,3}', '(?i)x', '^(([a-z])+.)+[A-Z]([a-z])+$'];

export const word = (random) => (random.chance(0.7) ? random.pick(['a', 'b', 'c', '_id']) : random.pick(WORDS));
export const nameOf = (random) =>
  random.chance(0.9) ? random.pick(COLLECTIONS.slice(0, 4)) : random.pick(COLLECTIONS);

const LEAVES = [
  (random) => random.int(20),
  (random) => random.int(20),
  (random) => random.pick(NUMBERS),
  (random) => new BSON.Double(random.pick(NUMBERS)),
  (random) => BSON.Long.fromBigInt(BigInt(random.int(2 ** 31)) * BigInt(random.int(2 ** 31)) - 2n ** 61n),
  (random) =>
    BSON.Decimal128.fromString(random.pick(['0', '1.5', '-1E+6144', 'NaN', 'Infinity', '9.99E-6143', '1E-6176'])),
  (random) => random.pick(WORDS),
  (random) => random.bytes(30).toString('latin1'),
  () => null,
  () => undefined,
  (random) => random.chance(0.5),
  (random) => new Date(random.pick([0, -1, 1e12, 8.64e15, -8.64e15])),
  () => new BSON.ObjectId(),
  (random) => new BSON.Binary(random.bytes(40), random.int(256)),
  (random) => new BSON.Timestamp({ t: random.int(2 ** 32), i: random.int(2 ** 32) }),
  (random) => new BSON.BSONRegExp(random.pick(PATTERNS), random.pick(['', 'i', 'm', 's', 'x'])),
  () => new BSON.MinKey(),
  () => new BSON.MaxKey(),
  (random) => new BSON.Code(random.pick(WORDS), random.chance(0.5) ? { a: 1 } : undefined),
  (random) => new BSON.BSONSymbol(random.pick(WORDS)),
  (random) => 'x'.repeat(random.chance(0.03) ? random.int(200_000) : 5),
];

export function value(random, depth = 3) {
  if (depth === 0 || random.chance(0.6)) return random.pick(LEAVES)(random);
  if (random.chance(0.4)) return Array.from({ length: random.int(5) }, () => value(random, depth - 1));
  return fields(random, depth - 1);
}

export const fields = (random, depth = 3) =>
  Object.fromEntries(Array.from({ length: random.int(5) }, () => [word(random), value(random, depth)]));

const QUERY = [
  '$eq',
  '$ne',
  '$gt',
  '$gte',
  '$lt',
  '$lte',
  '$in',
  '$nin',
  '$exists',
  '$type',
  '$regex',
  '$mod',
  '$size',
  '$all',
  '$not',
];
const MORE_QUERY = [
  '$elemMatch',
  '$bitsAllSet',
  '$options',
  '$near',
  '$expr',
  '$and',
  '$or',
  '$nor',
  '$jsonSchema',
  '$where',
  '$comment',
];

export function filter(random, depth = 2) {
  const parts = Array.from({ length: random.int(3) }, () => {
    if (depth > 0 && random.chance(0.2)) {
      return [
        random.pick(['$and', '$or', '$nor']),
        Array.from({ length: random.int(3) }, () => filter(random, depth - 1)),
      ];
    }
    if (random.chance(0.4)) return [word(random), value(random, 1)];
    const operator = random.pick(random.chance(0.8) ? QUERY : MORE_QUERY);
    const wrapped = { [operator]: random.chance(0.2) ? filter(random, 0) : value(random, 2) };
    return random.chance(0.95) ? [word(random), wrapped] : [operator, value(random, 2)];
  });
  return Object.fromEntries(parts);
}

const EXPRESSIONS = [
  ...[
    '$add',
    '$subtract',
    '$multiply',
    '$divide',
    '$mod',
    '$pow',
    '$concat',
    '$eq',
    '$cond',
    '$ifNull',
    '$size',
    '$arrayElemAt',
  ],
  ...[
    '$map',
    '$filter',
    '$reduce',
    '$range',
    '$substrCP',
    '$split',
    '$toString',
    '$toInt',
    '$toDate',
    '$dateToString',
    '$regexMatch',
  ],
  ...['$setUnion', '$mergeObjects', '$objectToArray', '$let', '$switch', '$literal', '$zip', '$sortArray', '$nothing'],
];

function expression(random, depth = 2) {
  if (depth === 0 || random.chance(0.4)) return random.chance(0.6) ? `$${word(random)}` : value(random, 1);
  const operands = Array.from({ length: random.int(4) }, () => expression(random, depth - 1));
  const named = { input: expression(random, depth - 1), as: 'x', in: '$$x', initialValue: 0, cond: true, vars: {} };
  return {
    [random.pick(EXPRESSIONS)]: random.chance(0.6) ? operands : random.chance(0.5) ? named : expression(random, 0),
  };
}

const STAGES = [
  (random) => ({ $match: filter(random) }),
  (random) => ({ $project: { [word(random)]: expression(random) } }),
  (random) => ({ $set: { [word(random)]: expression(random) } }),
  (random) => ({
    $group: {
      _id: expression(random, 1),
      n: { [random.pick(['$sum', '$avg', '$push', '$max', '$x'])]: expression(random, 1) },
    },
  }),
  (random) => ({ $sort: { [word(random)]: random.pick([1, -1, 0, 'x']) } }),
  (random) => ({ $limit: random.pick([1, 5, 0, -1, 1e12]) }),
  (random) => ({ $skip: random.pick([0, 1, -1, 1e12]) }),
  (random) => ({ $unwind: `$${word(random)}` }),
  (random) => ({ $count: word(random) }),
  (random) => ({
    $lookup: { from: nameOf(random), localField: word(random), foreignField: word(random), as: word(random) },
  }),
  (random) => ({ $unionWith: nameOf(random) }),
  (random) => ({ $facet: { a: pipeline(random, 1) } }),
  (random) => ({ $sample: { size: random.int(5) } }),
  (random) => ({ $replaceRoot: { newRoot: expression(random) } }),
  (random) => ({ $bucket: { groupBy: expression(random, 1), boundaries: [0, 5, 10], default: 'x' } }),
  (random) => ({ [random.pick(['$out', '$merge'])]: nameOf(random) }),
  (random) => ({ [`$${word(random)}`]: value(random, 2) }),
];

export function pipeline(random, most = 4) {
  return Array.from({ length: random.int(most + 1) }, () => random.pick(STAGES)(random));
}
