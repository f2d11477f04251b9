import fc from 'fast-check';
import { ROLES, type Role } from '#libs/access';
import { PERMISSIONS, type OperationId } from '../../apps/api/src/index.js';

/** What is used of an OpenAPI document. */
export interface JsonSchema {
  readonly type?: string;
  readonly enum?: readonly string[];
  readonly pattern?: string;
  readonly minimum?: number;
  readonly items?: JsonSchema;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
}
interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required: boolean;
  readonly schema: JsonSchema;
}
interface Documented {
  readonly operationId: string;
  readonly security?: readonly unknown[];
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: {
    readonly content: { readonly 'application/json': { readonly schema: JsonSchema; readonly example: object } };
  };
}
export interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<'get' | 'post', Documented>>>>;
}

export interface FuzzRequest {
  readonly operation: OperationId;
  readonly method: 'GET' | 'POST';
  /** Below the community; from the root when it begins with `//`. */
  readonly path: string;
  readonly role: Role;
  readonly headers: Readonly<Record<string, string>>;
  /** As text: it need not be JSON. */
  readonly body?: string;
}

const junk = fc.oneof(
  fc.jsonValue(),
  fc.constant(null),
  fc.constant(-0),
  fc.constant(1e300),
  fc.constant([]),
  fc.constant({}),
);
const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.string({ unit: 'grapheme', maxLength: 200 }),
  fc.constantFrom('', ' ', '\u0000', '\ud800', '../..', '__proto__', '$where', 'x'.repeat(70_000)),
);

/** Ids that a run soon has, so that requests meet. */
const someId = fc.constantFrom(
  '1',
  '2',
  '3',
  '4',
  '5',
  'B1/0101',
  'B1/0102',
  'P-1',
  'P-2',
  '2026/000001',
  '2026/000002',
  '楼1',
);
const someDate = fc.oneof(
  fc
    .date({ min: new Date('2025-12-01'), max: new Date('2026-03-20'), noInvalidDate: true })
    .map((at) => at.toISOString().slice(0, 10)),
  fc.constantFrom('0001-01-01', '9999-12-31', '2026-02-30', '0000-00-00'),
);
const someInstant = fc.oneof(
  fc
    .date({ min: new Date('2026-03-01'), max: new Date('2026-03-21'), noInvalidDate: true })
    .map((at) => at.toISOString()),
  fc.constantFrom(
    '2026-03-01T00:00:00',
    '9999-12-31T23:59:59-18:00',
    '0000-01-01T00:00:00Z',
    '2026-03-10T10:00:00+08:00',
  ),
);
const someMinor = fc.oneof(
  fc.integer({ min: 1, max: 100_000 }).map(String),
  fc.constantFrom('0', '9223372036854775807', '9223372036854775808', '00', '-1', '9999999999999999999'),
);
const KNOWN: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  ...{
    at: someInstant,
    openedAt: someInstant,
    asOf: fc.oneof(someDate, someInstant),
    knownAt: fc.oneof(someDate, someInstant),
  },
  ...{ from: someDate, to: someDate, minor: someMinor, currency: fc.constantFrom('CNY', 'CNY', 'CNY', 'USD', 'xx') },
  timeZone: fc.constantFrom('Asia/Shanghai', 'America/New_York', 'Nowhere/None', ''),
  rung: fc.constantFrom('-5', '0', '+1', '+7', '+15', '+25', '+31', 'court'),
  channel: fc.constantFrom('sms', 'app', 'phone', 'written-notice', 'demand-letter', 'online'),
  after: fc.constantFrom('0', '1', '2', '5', '9', '9223372036854775807', '9999999999999999999', 'x'),
  waitMs: fc.constantFrom('0', '1', '5', '10', '20', '99999', '-1'),
  limit: fc.constantFrom('1', '2', '3', '10', '1000', '0', '1001', 'x'),
  cursor: fc.oneof(fc.base64String({ maxLength: 60 }), fc.constantFrom('', 'W10', 'bnVsbA')),
  purpose: fc.constantFrom('fuzzing', '', ' '),
};

function valueOf(name: string, schema: JsonSchema, depth = 0): fc.Arbitrary<unknown> {
  const wrong = { weight: 1, arbitrary: junk as fc.Arbitrary<unknown> };
  const right = { weight: 60, arbitrary: rightValue(name, schema, depth) };
  return fc.oneof(right, wrong);
}

function rightValue(name: string, schema: JsonSchema, depth: number): fc.Arbitrary<unknown> {
  if (schema.type === 'object') return objectOf(schema, depth + 1);
  if (schema.type === 'array') return fc.array(valueOf(name, schema.items ?? {}, depth), { maxLength: 4 });
  if (schema.type === 'integer') return fc.oneof(fc.integer({ min: 0, max: 10_000 }), fc.maxSafeInteger());
  if (schema.enum)
    return fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...schema.enum) }, { weight: 1, arbitrary: anyText });
  const known = KNOWN[name];
  if (known) return known;
  if (name.endsWith('Id')) return fc.oneof({ weight: 9, arbitrary: likelyId(name) }, { weight: 1, arbitrary: someId });
  if (schema.pattern?.includes('\\d{4}-\\d{2}')) return someDate;
  return fc.oneof({ weight: 3, arbitrary: someId }, { weight: 1, arbitrary: anyText });
}

function objectOf(schema: JsonSchema, depth: number): fc.Arbitrary<unknown> {
  const properties = Object.entries(schema.properties ?? {});
  const model = Object.fromEntries(properties.map(([name, inner]) => [name, valueOf(name, inner, depth)]));
  const required = (schema.required ?? []) as string[];
  const sound = fc.record(model, { requiredKeys: required });
  const odd = fc.tuple(fc.record(model, { requiredKeys: [] }), fc.dictionary(anyText, junk, { maxKeys: 1 }));
  return fc.oneof(
    { weight: 12, arbitrary: sound },
    { weight: 1, arbitrary: odd.map(([some, more]) => ({ ...some, ...more })) },
  );
}

const pathText = (name: string, schema: JsonSchema): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 30, arbitrary: (schema.enum ? fc.constantFrom(...schema.enum) : likelyId(name)).map(encodeURIComponent) },
    { weight: 1, arbitrary: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 90 }).map(encodeURIComponent) },
    { weight: 1, arbitrary: fc.constantFrom('%', '%ff', '%00', '%2F', '%2e%2e', '%F0%9F%92%A9', 'x'.repeat(1200)) },
  );

function likelyId(name: string): fc.Arbitrary<string> {
  if (name === 'accountId' || name === 'unitId') return fc.constantFrom('B1/0101', 'B1/0102');
  if (name === 'partyId') return fc.constantFrom('P-1', 'P-2');
  if (name === 'caseId' || name === 'ofCaseId')
    return fc.integer({ min: 1, max: 6 }).map((n) => `2026/${String(n).padStart(6, '0')}`);
  return fc.integer({ min: 1, max: 12 }).map(String);
}

const keys = fc.oneof(
  { weight: 9, arbitrary: fc.integer({ min: 1, max: 200 }).map((n) => `k${n}`) },
  { weight: 1, arbitrary: fc.constantFrom('bad key', 'x'.repeat(200), '') },
);
const tags = fc.oneof(
  { weight: 9, arbitrary: fc.integer({ min: 0, max: 9 }).map((n) => `"${n}"`) },
  { weight: 1, arbitrary: fc.constantFrom('*', 'W/"1"', '"99999999999999999999"') },
);
const TRACES = ['00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', 'nonsense'];

function seldom<T>(arbitrary: fc.Arbitrary<T>, weight = 1): fc.Arbitrary<T | undefined> {
  return fc.oneof({ weight: 9, arbitrary: fc.constant(undefined) }, { weight, arbitrary });
}

function someHeaders(names: readonly string[]): fc.Arbitrary<Record<string, string>> {
  const headers = fc.record({
    'idempotency-key': names.includes('Idempotency-Key') ? seldom(keys, 4) : fc.constant(undefined),
    'if-match': names.includes('If-Match') ? seldom(tags) : fc.constant(undefined),
    traceparent: seldom(fc.constantFrom(...TRACES)),
  });
  return headers.map((all) =>
    Object.fromEntries(Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined)),
  );
}

/** Requests as the document describes them, most of them sound, the rest wrong in every way that comes to mind. */
export function requestsOf(document: OpenApi): fc.Arbitrary<FuzzRequest> {
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([, operation]) => operation.security === undefined)
      .map(([method, operation]) => ({ path, method, operation })),
  );
  return fc.constantFrom(...operations).chain(({ path, method, operation }) => {
    const id = operation.operationId as OperationId;
    const parameters = operation.parameters ?? [];
    const inPath = parameters.filter((one) => one.in === 'path' && one.name !== 'communityId');
    const query = parameters.filter((one) => one.in === 'query');
    const content = operation.requestBody?.content['application/json'];
    const allowed = PERMISSIONS[id] as readonly Role[];
    return fc
      .record({
        path: fc.record(Object.fromEntries(inPath.map(({ name, schema }) => [name, pathText(name, schema)]))),
        query: fc.record(Object.fromEntries(query.map(({ name, schema }) => [name, valueOf(name, schema)])), {
          requiredKeys: query.filter(({ required }) => required).map(({ name }) => name),
        }),
        headers: someHeaders(parameters.filter((one) => one.in === 'header').map(({ name }) => name)),
        role: fc.oneof(
          { weight: 15, arbitrary: fc.constantFrom(...allowed) },
          { weight: 1, arbitrary: fc.constantFrom(...ROLES) },
        ),
        body: content ? bodyOf(content) : fc.constant(undefined),
      })
      .map((parts): FuzzRequest => {
        const inCommunity = path.startsWith('/communities/{communityId}');
        const below = inCommunity ? path.replace('/communities/{communityId}', '') : `/${path}`;
        const address = below.replaceAll(
          /\{(\w+)\}/g,
          (_, name: string) => (parts.path as Record<string, string>)[name]!,
        );
        const asked = Object.entries(parts.query).map(([name, value]): [string, string] => [
          name,
          String(value as string),
        ]);
        return {
          ...{ operation: id, method: method === 'get' ? 'GET' : 'POST', role: parts.role, headers: parts.headers },
          path: asked.length === 0 ? address : `${address}?${new URLSearchParams(asked).toString()}`,
          ...(parts.body === undefined ? {} : { body: parts.body }),
        };
      });
  });
}

function bodyOf({ schema, example }: { schema: JsonSchema; example: object }): fc.Arbitrary<string> {
  return fc.oneof(
    { weight: 3, arbitrary: fc.constant(JSON.stringify(example)) },
    { weight: 12, arbitrary: objectOf(schema, 0).map((value) => JSON.stringify(value)) },
    {
      weight: 1,
      arbitrary: fc.oneof(fc.json(), fc.constantFrom('{', '', 'null', '{"__proto__":{}}', '[[[[', '\u0000')),
    },
  );
}
