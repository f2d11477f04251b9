import fc from 'fast-check';
import { ROLES, type Role } from '#libs/access';
import { PERMISSIONS, type OperationId } from '../../apps/api/src/index.js';
import {
  anyText,
  junk,
  KNOWN,
  likelyId,
  likelyOf,
  mostly,
  PAGING,
  seldom,
  SELDOM,
  someDate,
  someId,
} from './openapi-values.js';

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

function queryOf(parameters: readonly Parameter[]): fc.Arbitrary<Record<string, unknown>> {
  const model = parameters.map(({ name, schema, required }) => {
    const value = PAGING[name] ?? valueOf(name, schema);
    const often = fc.oneof(fc.constant(undefined), value);
    return [name, required ? mostly(value, fc.constant(undefined)) : SELDOM.has(name) ? seldom(value) : often] as const;
  });
  return fc.record(Object.fromEntries(model)) as fc.Arbitrary<Record<string, unknown>>;
}

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
    { weight: 60, arbitrary: (schema.enum ? likelyOf(schema.enum) : likelyId(name)).map(encodeURIComponent) },
    { weight: 1, arbitrary: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 90 }).map(encodeURIComponent) },
    { weight: 1, arbitrary: fc.constantFrom('%', '%ff', '%00', '%2F', '%2e%2e', '%F0%9F%92%A9', 'x'.repeat(1200)) },
  );

const keys = fc.oneof(
  { weight: 9, arbitrary: fc.integer({ min: 1, max: 200 }).map((n) => `k${n}`) },
  { weight: 1, arbitrary: fc.constantFrom('bad key', 'x'.repeat(200), '') },
);
const tags = fc.oneof(
  { weight: 9, arbitrary: fc.integer({ min: 0, max: 9 }).map((n) => `"${n}"`) },
  { weight: 1, arbitrary: fc.constantFrom('*', 'W/"1"', '"99999999999999999999"') },
);
const TRACES = ['00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', 'nonsense'];

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
        query: queryOf(query),
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
        const asked = Object.entries(parts.query)
          .filter(([, value]) => value !== undefined)
          .map(([name, value]): [string, string] => [name, String(value as string)]);
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
