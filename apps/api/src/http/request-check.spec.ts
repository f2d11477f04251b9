import { describe, expect, it } from '@jest/globals';
import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import { OPERATION, type Operation } from './operation-types.js';
import { USE_CASES } from '../controllers.js';
import { checkedRequest } from './request-check.js';
import { obeysRules } from './request-rules.js';
import { shapeOf, type RequestClass } from './request-shape.js';

/** Values that obey some rules and break others. */
const ODD = ['', 'x', '0', '-1', '00', '2026-02-05', '2026-02-05 ', '\n', 'CNY', 'cny', 'B1/0101', '1'.repeat(25)];
const LONG = ['字'.repeat(70_000), '\u{20000}'.repeat(40_000), 'a'.repeat(65_537)];
const NUMBERS = [0, -1, 1, 10_000_001, 2 ** 53 - 1];
const LISTS = [[], [''], ['1'], ['1', 'x']];

interface Asked {
  readonly operation: string;
  readonly input: RequestClass;
  readonly example: Readonly<Record<string, unknown>>;
}

function asked(): Asked[] {
  const found: Asked[] = [];
  for (const controller of Object.values(USE_CASES).flat()) {
    const handlers = Object.getOwnPropertyNames(controller.prototype).map(
      (name) => (controller.prototype as Record<string, object>)[name]!,
    );
    for (const handler of handlers) {
      const operation = Reflect.getMetadata(OPERATION, handler) as Operation | undefined;
      if (operation === undefined || operation.kind === 'public') continue;
      const { operation: name, input, example = {} } = operation;
      found.push({ operation: name, input: input as RequestClass, example: example as Asked['example'] });
    }
  }
  return found;
}

/** The request with one field, at any depth, replaced by each odd value. */
function* variants(value: unknown): Generator<unknown> {
  for (const odd of [...ODD, ...LONG, ...NUMBERS, ...LISTS]) yield odd;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return;
  yield* fieldVariants(value as Record<string, unknown>);
}

function* fieldVariants(fields: Readonly<Record<string, unknown>>): Generator<Record<string, unknown>> {
  yield { ...fields };
  for (const [name, inner] of Object.entries(fields)) {
    const { [name]: _left, ...rest } = fields;
    yield rest;
    for (const variant of variants(inner)) yield { ...fields, [name]: variant };
  }
}

/** What a path gives, beside the example of the body. */
function placed({ input, example }: Asked): Record<string, unknown> {
  const missing = [...shapeOf(input).properties].filter(([name, { required }]) => required && !(name in example));
  const values = missing.map(([name, { shape }]) => [name, shape.kind === 'string' ? shape.values?.[0] : undefined]);
  return { ...Object.fromEntries(values.map(([name, value]) => [name, value ?? 'B1/0101'])), ...example };
}

/** Every property that the class knows, so that those that an example leaves out are tried, too. */
function full(one: Asked): Record<string, unknown> {
  const names = [...shapeOf(one.input).properties.keys()];
  return { ...Object.fromEntries(names.map((name) => [name, 'x'])), ...placed(one) };
}

const validates = (request: object) =>
  validateSync(request, { whitelist: true, forbidNonWhitelisted: true, forbidUnknownValues: true }).length === 0;

describe('the quick check of a request', () => {
  it.each(asked().map((one) => [one.operation, one] as const))('%s: says what class-validator says', (_name, one) => {
    const { input } = one;
    let accepted = 0;
    for (const request of [...fieldVariants(placed(one)), ...fieldVariants(full(one))]) {
      let checked: object;
      try {
        checked = checkedRequest(input, request);
      } catch {
        continue;
      }
      accepted += 1;
      const expected = plainToInstance(input, request);
      expect(validates(expected)).toBe(true);
      expect(checked).toStrictEqual(expected);
    }
    if (shapeOf(input).properties.size > 0) expect(accepted).toBeGreaterThan(0);
  });

  it('does for the requests that come most often', () => {
    const quick = asked().filter((one) => obeysRules(shapeOf(one.input), placed(one)));
    expect(quick.map(({ operation }) => operation)).toEqual(
      expect.arrayContaining(['assessFee', 'receivePayment', 'getLedger', 'openCase', 'startOccupancy']),
    );
  });
});
