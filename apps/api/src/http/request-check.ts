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
  const wrong: FieldError[] = [];
  noteMismatches(shape, plain, '', wrong);
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

/** Adds to `wrong` what is not of the shape. */
function noteMismatches(shape: Shape, value: unknown, path: string, wrong: FieldError[]): void {
  switch (shape.kind) {
    case 'object':
      if (!isPlainObject(value)) wrong.push({ field: path, message: 'must be an object' });
      else noteOfObject(shape, value, path, wrong);
      return;
    case 'list':
      if (!Array.isArray(value)) wrong.push({ field: path, message: 'must be a list' });
      else value.forEach((item, index) => noteMismatches(shape.items, item, `${path}[${index}]`, wrong));
      return;
    case 'string':
      if (typeof value !== 'string') wrong.push({ field: path, message: 'must be a string' });
      else if (!isWellFormed(value)) wrong.push({ field: path, message: 'holds broken characters' });
      return;
    case 'integer':
      if (!Number.isSafeInteger(value)) wrong.push({ field: path, message: 'must be a whole number' });
      return;
  }
}

function noteOfObject({ properties }: ObjectShape, value: Fields, path: string, wrong: FieldError[]): void {
  const at = (name: string): string => (path === '' ? name : `${path}.${name}`);
  for (const name of Object.keys(value)) {
    if (!properties.has(name)) wrong.push({ field: at(name).slice(0, 100), message: 'is not a field of this request' });
  }
  for (const [name, { required, shape }] of properties) {
    const present = Object.hasOwn(value, name) && value[name] !== undefined;
    if (present) noteMismatches(shape, value[name], at(name), wrong);
    else if (required) wrong.push({ field: at(name), message: 'is missing' });
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
