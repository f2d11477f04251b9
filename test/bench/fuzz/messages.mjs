/**
 * Requests of the protocol with random fields. A shape is an object from field number to what makes the field's value:
 * another shape, a function, or an array of alternatives (of a shape with `oneOf`, exactly one field is taken).
 */
const NUMBERS = [0, 1, 2, 7, 100, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 2n ** 53n, 2n ** 63n - 1n, 2n ** 63n, 2n ** 64n - 1n];
const WORDS = ['', '$', '$$', '$all', '$ce-fuzz', '$>', 'type', 'a'.repeat(40), '\0', '长', 'x'.repeat(3000), '-', '@'];
const EXPRESSIONS = [
  '^[^$].*',
  '(',
  '(a+)+$',
  '^(([a-z])+.)+[A-Z]([a-z])+$',
  '\\',
  '[',
  '.*',
  '(?=x)',
  '(?<n>a)\\k<n>',
];

const number = (random) => (random.chance(0.6) ? random.int(50) : random.pick(NUMBERS));
const word = (random) => (random.chance(0.2) ? random.bytes(40) : random.pick(WORDS));
const stream = (random) =>
  random.chance(0.8) ? `${random.pick(['', '', '', '$$'])}fuzz-${random.int(30)}` : word(random);
const group = (random) => `group-${random.int(6)}`;
const flag = (random) => random.int(2);
const uuidText = (random) => {
  if (random.chance(0.1)) return word(random);
  const hex = Buffer.from(Array.from({ length: 16 }, () => random.int(256))).toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
};
const payload = (random) => (random.chance(0.02) ? random.filler(random.int(1_500_000)) : random.bytes(300));
const json = (random) =>
  random.pick(['{}', '[]', 'null', '{"$maxCount":2}', '{"$tb":3}', '{"$maxAge":-1}', '0@fuzz-1']);
const entry = (key, value) => ({ 1: () => key, 2: value });

const empty = {};
const identifier = { 3: stream };
const uuid = { oneOf: { 1: { 1: number, 2: number }, 2: uuidText } };
const position = { 1: number, 2: number };
const expression = { oneOf: { 1: (random) => random.pick(EXPRESSIONS), 2: stream } };
const filter = { oneOf: { 1: expression, 2: expression }, 3: number, 4: empty, 5: number };
const expected = { oneOf: { 2: number, 3: empty, 4: empty, 5: empty } };
const target = { 1: identifier, ...expected };
const type = (random) => random.pick(['Fuzzed', '$>', '$metadata', '', 'x'.repeat(500)]);
const content = (random) => random.pick(['application/json', 'application/octet-stream', '']);
const event = {
  1: uuid,
  2: [entry('type', type), entry('type', type), entry('content-type', content)],
  also: { 2: entry('content-type', content) },
  3: [payload, json],
  4: [payload, json],
};
const settings = Object.fromEntries(
  [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15].map((field) => [field, number]),
);
settings[16] = (random) => random.pick(['RoundRobin', 'Pinned', 'PinnedByCorrelation', 'DispatchToSingle', 'None']);
const groupStart = {
  oneOf: { 4: { 1: identifier, oneOf: { 2: number, 3: empty, 4: empty } }, 5: { 1: position, 4: filter } },
};
const groupTarget = { oneOf: { 1: identifier, 3: empty }, 2: group };
const read = {
  oneOf: {
    1: { 1: identifier, oneOf: { 2: number, 3: empty, 4: empty } },
    2: { oneOf: { 1: position, 2: empty, 3: empty } },
  },
  3: flag,
  4: flag,
  also: { oneOf: { 5: number, 6: empty } },
  7: filter,
  9: { oneOf: { 1: empty, 2: empty } },
  10: { 1: number },
};

const streams = '/event_store.client.streams.Streams/';
const persistent = '/event_store.client.persistent_subscriptions.PersistentSubscriptions/';
const projections = '/event_store.client.projections.Projections/';
const operations = '/event_store.client.operations.Operations/';
const QUERIES = [
  "fromAll().when({ $any(s, e) { linkTo('fuzz-' + e.sequenceNumber, e); } })",
  "fromStreams('fuzz-1', 'fuzz-2').when({ Fuzzed: (s, e) => { emit('fuzz-3', 'T', { d: e.data, t: 'x'.repeat(e.data * 99) }) } })",
  "fromCategory('fuzz').when({ Fuzzed: function (s, e) { linkTo(e.metadata, e) } })",
  'fromAll().when({})',
];
const query = (random) => random.pick(QUERIES);
const projection = (random) => random.pick(['$by_category', '$by_event_type', '$streams', 'nothing', '']);

/** Every method, with what its messages may be: the first, and those that follow. Shutting down is left out. */
export const METHODS = [
  [`${streams}Read`, [{ 1: read }]],
  [`${streams}Append`, [{ 1: target }, { 2: event }]],
  [
    `${streams}BatchAppend`,
    [
      { 1: uuid, 2: { ...target, 6: position }, 3: event, 4: flag },
      { 1: uuid, 3: event, 4: flag },
    ],
  ],
  [`${streams}Delete`, [{ 1: target }]],
  [`${streams}Tombstone`, [{ 1: target }]],
  [`${persistent}Create`, [{ 1: { ...groupStart, 2: group, 3: settings } }]],
  [`${persistent}Update`, [{ 1: { ...groupStart, 2: group, 3: settings } }]],
  [`${persistent}Delete`, [{ 1: groupTarget }]],
  [`${persistent}GetInfo`, [{ 1: groupTarget }]],
  [
    `${persistent}ReplayParked`,
    [{ 1: { 1: group, oneOf: { 2: identifier, 3: empty }, also: { oneOf: { 4: number, 5: empty } } } }],
  ],
  [`${persistent}List`, [{ 1: { oneOf: { 1: empty, 2: { oneOf: { 1: identifier, 2: empty } } } } }]],
  [`${persistent}RestartSubsystem`, [empty]],
  [
    `${persistent}Read`,
    [
      { 1: { oneOf: { 1: identifier, 5: empty }, 2: group, 3: number, 4: { 2: empty } } },
      { oneOf: { 2: { 1: payload, 2: uuid }, 3: { 1: payload, 2: uuid, 3: number, 4: word } } },
    ],
  ],
  [
    `${projections}Create`,
    [{ 1: { oneOf: { 2: { 1: word }, 3: { 1: [group, word], 2: flag, 3: flag } }, 4: [query, word] } }],
  ],
  [`${projections}Delete`, [{ 1: { 1: group } }]],
  [`${projections}Statistics`, [{ 1: { oneOf: { 1: projection, 2: empty, 3: empty, 4: empty, 5: empty } } }]],
  [`${projections}Enable`, [{ 1: { 1: projection } }]],
  [`${projections}Disable`, [{ 1: { 1: projection, 2: flag } }]],
  [`${projections}Reset`, [{ 1: { 1: projection, 2: flag } }]],
  [`${operations}StartScavenge`, [{ 1: { 1: number, 2: number } }]],
  [`${operations}StopScavenge`, [{ 1: { 1: uuidText } }]],
  [`${operations}SetNodePriority`, [{ 1: number }]],
  ['/event_store.client.gossip.Gossip/Read', [empty]],
  ['/event_store.client.server_features.ServerFeatures/GetSupportedMethods', [empty]],
  ['/event_store.client.users.Users/Create', [{ 1: { 1: word, 2: word } }]],
  ['/event_store.client.streams.Streams/Nothing', [{ 1: word }]],
];

function varint(value) {
  const bytes = [];
  let rest = BigInt(value);
  for (; rest >= 128n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return Buffer.from([...bytes, Number(rest)]);
}

function field(number_, shape, random) {
  const maker = Array.isArray(shape) ? random.pick(shape) : shape;
  const value = typeof maker === 'function' ? maker(random) : encode(maker, random);
  if (typeof value === 'number' || typeof value === 'bigint')
    return Buffer.concat([varint(number_ * 8), varint(value)]);
  const bytes = Buffer.from(value);
  return Buffer.concat([varint(number_ * 8 + 2), varint(bytes.length), bytes]);
}

/** A message of a shape: most of its fields, now and then one of them twice. */
function encode(shape, random) {
  const parts = [];
  for (const [key, inner] of Object.entries(shape)) {
    if (key === 'oneOf') {
      const taken = random.pick(Object.keys(inner));
      if (random.chance(0.97)) parts.push(field(Number(taken), inner[taken], random));
    } else if (key === 'also') parts.push(encode(inner, random));
    else if (random.chance(0.93)) parts.push(field(Number(key), inner, random));
  }
  if (parts.length > 0 && random.chance(0.02)) parts.push(random.pick(parts));
  return Buffer.concat(parts);
}

/** Spoils some bytes of a message, or its length. */
function spoil(message, random) {
  const spoilt = Buffer.from(message);
  for (let left = 1 + random.int(4); left > 0 && spoilt.length > 0; left -= 1) {
    spoilt[random.int(spoilt.length)] = random.int(256);
  }
  if (random.chance(0.3)) return spoilt.subarray(0, random.int(spoilt.length + 1));
  return random.chance(0.2) ? Buffer.concat([spoilt, random.bytes(30)]) : spoilt;
}

/** The method and the messages of one call. */
export function randomCall(random) {
  const [path, shapes] = random.pick(METHODS);
  const count = random.chance(0.9) ? 1 + random.int(4) : random.int(60);
  const messages = Array.from({ length: count }, (_, index) => {
    const message = encode(shapes[Math.min(index, shapes.length - 1)], random);
    return random.chance(0.15) ? spoil(message, random) : message;
  });
  return { path, messages };
}
