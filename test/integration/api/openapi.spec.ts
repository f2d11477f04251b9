import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Validator } from '@seriousme/openapi-schema-validator';
import { isAllowed, PERMISSIONS, routesOf, USE_CASES, type OperationId } from '../../../apps/api/src/index.js';
import { ROLES } from '#libs/access';
import { TestApi } from '../../support/api.js';

interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly example?: string;
}
interface Documented {
  readonly operationId: string;
  readonly security?: readonly unknown[];
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: { readonly 'application/json': { readonly example: object } } };
  readonly responses: Readonly<Record<string, { content: Record<string, { schema: { required?: string[] } }> }>>;
}

let api: TestApi;
let document: { openapi: string; paths: Record<string, Record<'get' | 'post', Documented>> };

beforeAll(async () => {
  api = await TestApi.open();
  document = (await api.get('//openapi.json', { token: null })).body as unknown as typeof document;
});
afterAll(() => api.close());

const operations = () =>
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method: method as 'get' | 'post', operation })),
  );

describe('the OpenAPI document', () => {
  it('is one by the judgement of a validator', async () => {
    const result = await new Validator().validate(document as never);
    expect(result.errors).toBeUndefined();
    expect(result.valid).toBe(true);
  });

  it('has every operation of the table of roles, each once', () => {
    const ids = operations()
      .filter(({ operation }) => operation.security === undefined)
      .map(({ operation }) => operation.operationId);
    expect([...ids].sort()).toEqual(Object.keys(PERMISSIONS).sort());
  });

  it('has examples that work, one after the other', async () => {
    const address = (text: string, parameters: readonly Parameter[] = []): string => {
      const examples = parameters.filter(({ example }) => example !== undefined);
      const named = new Map(examples.map(({ name, example }) => [name, example!]));
      named.set('communityId', api.community);
      const query = examples
        .filter((one) => one.in === 'query')
        .map(({ name, example }): [string, string] => [name, example!]);
      const path = text.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(named.get(name)!));
      return `/${path}?${new URLSearchParams(query).toString()}`;
    };
    // As the document is ordered by address, the operations are put in the order of the controllers again.
    const order = Object.values(USE_CASES)
      .flatMap((controllers) => routesOf('', controllers))
      .map((one) => one.operation.operation as string);
    const sorted = operations().sort(
      (a, b) => order.indexOf(a.operation.operationId) - order.indexOf(b.operation.operationId),
    );
    let position = '0';
    for (const { path: template, method, operation } of sorted) {
      const id = operation.operationId as OperationId;
      if (operation.security !== undefined) {
        const answer = await api.get(`/${template}`, { token: null });
        expect([operation.operationId, answer.status]).toEqual([operation.operationId, 200]);
        continue;
      }
      const role = ROLES.find((one) => isAllowed(one, id))!;
      const url = address(template, operation.parameters);
      const body = operation.requestBody?.content['application/json'].example;
      const times = id === 'openCase' ? 3 : 1;
      for (let n = 0; n < times; n += 1) {
        const answer = await (method === 'get'
          ? api.get(`${url}&after=${position}`, { role })
          : api.post(url, { role, body }));
        expect([id, answer.status, answer.body['code']]).toEqual([id, method === 'get' ? 200 : 201, undefined]);
        expect(answer.headers['x-position']).toMatch(/^\d+$/);
        if (method === 'post') position = answer.body['position'] as string;
        else {
          const { schema } = operation.responses['200']!.content['application/json']!;
          expect(Object.keys(answer.body)).toEqual(expect.arrayContaining(schema.required ?? []));
          expect(answer.body['behind']).toBe(false);
        }
      }
    }
  });
});
