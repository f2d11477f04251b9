/** Commands of the protocol with random fields: most of them make sense, some none at all. */
import { BSON } from 'mongodb';
import { fields, filter, nameOf, pipeline, value, word } from './mongodb-values.mjs';

const UPDATES = [
  '$set',
  '$unset',
  '$inc',
  '$mul',
  '$min',
  '$max',
  '$push',
  '$pull',
  '$addToSet',
  '$pop',
  '$rename',
  '$bit',
  '$currentDate',
  '$x',
];

function update(random) {
  if (random.chance(0.2)) return fields(random);
  if (random.chance(0.15)) return pipeline(random);
  const paths = () =>
    random.chance(0.8) ? random.pick(['a', 'b', 'a.b', 'a.0', 'a.$', 'a.$[]', 'a.$[e]', 'b.c.d']) : word(random);
  return Object.fromEntries(
    Array.from({ length: 1 + random.int(2) }, () => [
      random.pick(UPDATES),
      random.chance(0.95) ? { [paths()]: value(random, 2) } : value(random, 1),
    ]),
  );
}

const docs = (random) => Array.from({ length: random.int(6) }, () => fields(random));
const index = (random) => {
  const key = {
    [word(random)]: random.pick([1, -1, 1, 'text', 0]),
    ...(random.chance(0.4) ? { [word(random)]: 1 } : {}),
  };
  const options = random.pick([
    {},
    { unique: true },
    { sparse: true },
    { partialFilterExpression: filter(random, 1) },
    { v: 9 },
  ]);
  return { key, name: `i${random.int(6)}`, ...options };
};
const some = (random, count, make) => Array.from({ length: random.int(count + 1) }, () => make(random));

const COMMANDS = [
  (random) => ({ insert: nameOf(random), documents: docs(random), ordered: random.chance(0.5) }),
  (random) => ({ insert: nameOf(random), documents: docs(random), ordered: random.chance(0.5) }),
  (random) => ({
    update: nameOf(random),
    updates: some(random, 3, () => ({
      q: filter(random),
      u: update(random),
      multi: random.chance(0.5),
      upsert: random.chance(0.3),
      arrayFilters: [{ e: 1 }],
    })),
  }),
  (random) => ({
    delete: nameOf(random),
    deletes: some(random, 2, () => ({ q: filter(random), limit: random.pick([0, 1, 2]) })),
  }),
  (random) => ({ find: nameOf(random), filter: filter(random), sort: { [word(random)]: 1 }, batchSize: random.int(4) }),
  (random) => ({
    find: nameOf(random),
    filter: filter(random),
    projection: fields(random, 1),
    limit: random.pick([0, 2, -1]),
    skip: random.int(3),
  }),
  (random) => ({ getMore: BSON.Long.fromNumber(random.int(2 ** 31)), collection: nameOf(random) }),
  (random) => ({ count: nameOf(random), query: filter(random) }),
  (random) => ({ distinct: nameOf(random), key: word(random), query: filter(random) }),
  (random) => ({ aggregate: nameOf(random), pipeline: pipeline(random), cursor: {} }),
  (random) => ({ aggregate: nameOf(random), pipeline: pipeline(random), cursor: { batchSize: random.int(3) } }),
  (random) => ({
    findAndModify: nameOf(random),
    query: filter(random),
    update: update(random),
    upsert: random.chance(0.2),
    new: true,
  }),
  (random) => ({ createIndexes: nameOf(random), indexes: some(random, 2, index) }),
  (random) => ({ dropIndexes: nameOf(random), index: random.pick(['*', 'i0', 'i1', '_id_']) }),
  (random) => ({ explain: { find: nameOf(random), filter: filter(random) }, verbosity: 'executionStats' }),
  (random) => ({
    bulkWrite: 1,
    $db: 'admin',
    nsInfo: [{ ns: `fuzz.${nameOf(random)}` }],
    ops: some(random, 3, () => ({ insert: random.int(2), document: fields(random) })),
  }),
  (random) => ({ create: nameOf(random), ...(random.chance(0.3) ? { validator: filter(random) } : {}) }),
  (random) => ({ collMod: nameOf(random), validator: random.chance(0.7) ? {} : filter(random) }),
  (random) => ({
    [random.pick(['drop', 'collStats', 'listIndexes', 'validate', 'listCollections', 'hello', 'ping', 'nothing'])]:
      nameOf(random),
  }),
  (random) => ({ killCursors: nameOf(random), cursors: [BSON.Long.fromNumber(random.int(99))] }),
  (random) => fields(random),
];

/** A command; now and then with an argument that it does not have, or a value of another type. */
export function command(random) {
  const made = { $db: 'fuzz', ...random.pick(COMMANDS)(random) };
  const { $db, ...rest } = made;
  if (random.chance(0.05)) rest[word(random)] = value(random, 1);
  if (random.chance(0.05)) rest[random.pick(Object.keys(rest)) ?? 'a'] = value(random, 2);
  return { ...rest, $db };
}
