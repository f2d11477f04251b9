import { PROBLEMS } from '../http/problem-table.js';
import { shapeOf } from '../http/request-shape.js';
import type { CommandOperation, PublicOperation, QueryOperation } from '../http/operation-types.js';
import { PERMISSIONS } from '../security/permissions.js';
import type { Route } from './routes.js';
import { schemaOf, schemaOfShape } from './schemas.js';
import { INTEGER, listOf, objectOf, POSITION, TEXT, type Schema } from './schema-types.js';

/** Path parameters of the examples, unless an operation says otherwise. */
export const EXAMPLE_PATH: Readonly<Record<string, string>> = {
  communityId: 'yinghu',
  unitId: 'B1/0101',
  occupancyId: '1',
  partyId: 'P-0001',
  accountId: 'B1/0101',
  kind: 'complaint',
  caseId: '2026/000001',
};

const ANSWER = objectOf({
  stream: TEXT,
  revision: { ...TEXT, description: 'Of the last event of the command; also the entity tag' },
  position: { ...POSITION, description: 'Token for `after`, to read one’s own write' },
  events: listOf(objectOf({ type: TEXT, revision: TEXT })),
  ids: { type: 'object', additionalProperties: TEXT, description: 'Ids and numbers that the command has given' },
});

const PROBLEM: Schema = {
  ...objectOf({ type: TEXT, title: TEXT, status: { type: 'integer' }, detail: TEXT, requestId: TEXT, code: TEXT }),
  additionalProperties: true,
};

/** The OpenAPI 3.1 document of the routes. */
export function openApiDocument(routes: readonly Route[], version: string): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const route of routes) {
    (paths[route.path] ??= {})[route.method] = describe(route);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Estate Ledger',
      version,
      license: { name: 'MIT', identifier: 'MIT' },
      description:
        'Commands append events; queries read models made from them. Amounts, revisions and positions are strings: they are ' +
        '64-bit integers. Ids in addresses are percent-encoded: account B1/0101 is B1%2F0101.',
    },
    servers: [{ url: '/' }],
    security: [{ bearer: [] }],
    tags: [...new Set(routes.map(({ tag }) => tag))].map((name) => ({ name })),
    paths,
    components: {
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
      schemas: { CommandAnswer: ANSWER, Problem: { ...PROBLEM, properties: { ...PROBLEM.properties, code: codes() } } },
    },
  };
}

function codes(): Schema {
  return { type: 'string', enum: [...PROBLEMS.keys()] };
}

function describe({ tag, path, operation }: Route): object {
  const { operation: operationId, summary } = operation;
  const common = { operationId, summary, tags: [tag] };
  switch (operation.kind) {
    case 'command':
      return { ...common, ...describeCommand(operation, path) };
    case 'query':
      return { ...common, ...describeQuery(operation, path) };
    case 'public':
      return { ...common, security: [], responses: { 200: { description: 'OK', content: contentOf(operation) } } };
  }
}

function contentOf({ contentType }: PublicOperation): object {
  return { [contentType]: { schema: contentType === 'application/json' ? { type: 'object' } : TEXT } };
}

function describeCommand(operation: CommandOperation, path: string): object {
  const names = pathNames(path);
  const headers = [
    header('Idempotency-Key', 'The same key and body: the first answer again, once more without effect'),
  ];
  if (operation.ifMatch) headers.push(header('If-Match', 'Only if the entity tag is still the one that was read'));
  const content = {
    'application/json': { schema: schemaOf(operation.input, new Set(names)), example: operation.example },
  };
  const ok = { $ref: '#/components/schemas/CommandAnswer' };
  return {
    description: rolesOf(operation),
    parameters: [...pathParameters(operation, names), ...headers],
    requestBody: { required: true, content },
    responses: { 201: jsonResponse('Stored', ok), ...problemResponses(operation.ifMatch === true ? ['412'] : []) },
  };
}

function describeQuery(operation: QueryOperation, path: string): object {
  const names = pathNames(path);
  const asked = [...shapeOf(operation.input).properties].filter(([name]) => !names.includes(name));
  const query = asked.map(([name, { required, shape }]) => {
    const example = operation.example[name];
    const schema = schemaOfShape(shape);
    return { name, in: 'query', required, schema, ...(example === undefined ? {} : { example }) };
  });
  const properties = { ...operation.answer.properties, behind: { type: 'boolean' }, staleSince: STALE_SINCE };
  const answer = { ...operation.answer, properties, required: [...(operation.answer.required ?? []), 'behind'] };
  return {
    description: rolesOf(operation),
    parameters: [...pathParameters(operation, names), ...query],
    responses: { 200: { ...jsonResponse('Found', answer), headers: FRESHNESS_HEADERS }, ...problemResponses() },
  };
}

const STALE_SINCE: Schema = {
  ...POSITION,
  description: 'Only where an event of the answer could not be folded: what is here is as of just before this position',
};

const headerOf = (description: string, schema: Schema): object => ({ description, schema });

const FRESHNESS_HEADERS = {
  'X-Position': headerOf('The position that the answer reflects', POSITION),
  'X-Behind-Events': headerOf('Events that its read models have not folded yet; counted up to 1000', INTEGER),
  'X-Behind-Ms': headerOf('Age of the oldest of them in milliseconds', INTEGER),
  'X-Behind': headerOf('`true` when the position in `after` was not reached in time', TEXT),
  'X-Stale-Since': headerOf('As `staleSince`', POSITION),
};

function rolesOf({ operation }: CommandOperation | QueryOperation): string {
  return `Roles: ${PERMISSIONS[operation].join(', ')}.`;
}

function pathNames(path: string): string[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!);
}

function pathParameters(operation: CommandOperation | QueryOperation, names: readonly string[]): object[] {
  const { properties } = shapeOf(operation.input);
  return names.map((name) => {
    const shape = properties.get(name)?.shape;
    const example = operation.exampleAt?.[name] ?? EXAMPLE_PATH[name];
    return { name, in: 'path', required: true, schema: shape ? schemaOfShape(shape) : TEXT, example };
  });
}

function header(name: string, description: string): object {
  return { name, in: 'header', required: false, description, schema: TEXT };
}

function jsonResponse(description: string, schema: object): object {
  return { description, content: { 'application/json': { schema } } };
}

function problemResponses(more: readonly string[] = []): object {
  const schema = { $ref: '#/components/schemas/Problem' };
  const problem = { description: 'A problem document', content: { 'application/problem+json': { schema } } };
  const statuses = ['400', '401', '403', '404', '409', '410', '413', '415', '422', '429', '503', ...more];
  return Object.fromEntries(statuses.sort().map((status) => [status, problem]));
}
