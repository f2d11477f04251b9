import { plainToInstance } from 'class-transformer';
import { validateSync, type ValidationError } from 'class-validator';
import { DomainError, isWellFormed } from '#libs/kernel';
import { instanceOf, obeysRules } from './request-rules.js';
import { shapeOf, type ObjectShape, type Shape } from './request-shape.js';

/** A field by its path, as in `amount.minor`, and what is wrong with it. The value is not repeated: it may be personal. */
export interface FieldError {
  readonly field: string;
  readonly message: string;
}

type Fields = Readonly<Record<string, unknown>>;

/**
 * An instance of the request class with what came in: `sent` in the body or the query, `placed` in the path. Unknown fields, missing fields,
 * null and values of another JSON type are refused, then what class-validator's decorators refuse. @throws DomainError REQUEST_INVALID
 */
export function checkedRequest<T extends object>(type: new () => T, sent: unknown, placed: Fields = {}): T {
  const shape = shapeOf(type);
  if (!isPlainObject(sent)) throw invalid([{ field: '', message: 'must be an object' }]);
  const twice = Object.keys(placed).filter((name) => Object.hasOwn(sent, name));
  if (twice.length > 0) throw invalid(twice.map((field) => ({ field, message: 'is given by the address' })));
  const plain = { ...sent, ...placed };
  const wrong = [...mismatches(shape, plain, '')];
  if (wrong.length > 0) throw invalid(wrong);
  if (obeysRules(shape, plain)) return instanceOf(shape, plain);
  const request = plainToInstance(type, plain);
  const faults = validateSync(request, { whitelist: true, forbidNonWhitelisted: true, forbidUnknownValues: true });
  if (faults.length > 0) throw invalid(faults.flatMap((fault) => fieldErrors(fault, '')));
  return request;
}

export function invalid(errors: readonly FieldError[]): DomainError {
  const [first] = errors;
  const message = first
    ? `${first.field === '' ? 'The request' : first.field} ${first.message}`
    : 'The request is not valid';
  return new DomainError('REQUEST_INVALID', message, { errors });
}

function* mismatches(shape: Shape, value: unknown, path: string): Generator<FieldError> {
  const wrong = (message: string): FieldError => ({ field: path, message });
  switch (shape.kind) {
    case 'object':
      if (!isPlainObject(value)) yield wrong('must be an object');
      else yield* objectMismatches(shape, value, path);
      return;
    case 'list':
      if (!Array.isArray(value)) yield wrong('must be a list');
      else for (const [index, item] of value.entries()) yield* mismatches(shape.items, item, `${path}[${index}]`);
      return;
    case 'string':
      if (typeof value !== 'string') yield wrong('must be a string');
      else if (!isWellFormed(value)) yield wrong('holds broken characters');
      return;
    case 'integer':
      if (!Number.isSafeInteger(value)) yield wrong('must be a whole number');
      return;
  }
}

function* objectMismatches(shape: ObjectShape, value: Fields, path: string): Generator<FieldError> {
  const at = (name: string): string => (path === '' ? name : `${path}.${name}`);
  for (const name of Object.keys(value)) {
    if (!shape.properties.has(name)) yield { field: at(name).slice(0, 100), message: 'is not a field of this request' };
  }
  for (const [name, { required, shape: inner }] of shape.properties) {
    const present = Object.hasOwn(value, name) && value[name] !== undefined;
    if (present) yield* mismatches(inner, value[name], at(name));
    else if (required) yield { field: at(name), message: 'is missing' };
  }
}

function fieldErrors({ property, constraints = {}, children = [] }: ValidationError, path: string): FieldError[] {
  const field = path === '' ? property : `${path}.${property}`;
  const own = Object.values(constraints).map((message) => ({ field, message }));
  return [...own, ...children.flatMap((child) => fieldErrors(child, field))];
}

function isPlainObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
