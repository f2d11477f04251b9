import { getMetadataStorage } from 'class-validator';
import type { ObjectShape, RequestClass, Shape } from './request-shape.js';

/** Whether a value, already of the right JSON type, obeys a rule; false where that is not plain: class-validator has the last word then. */
type Test = (value: never) => boolean;

const tests = new WeakMap<RequestClass, ReadonlyMap<string, readonly Test[]> | 'unknown'>();

/**
 * Whether a request whose fields have the right names and JSON types obeys all decorators of its class: class-validator collects and sorts a
 * class's decorators anew for each request, which costs more than everything else about a small one. False says nothing: ask class-validator.
 */
export function obeysRules({ of, properties }: ObjectShape, request: Readonly<Record<string, unknown>>): boolean {
  const known = testsOf(of);
  if (known === 'unknown') return false;
  for (const [name, { shape }] of properties) {
    const value = request[name];
    if (value === undefined) continue;
    for (const test of known.get(name) ?? []) if (!test(value as never)) return false;
    if (!obeysInside(shape, value)) return false;
  }
  return true;
}

/** An instance of the class as class-transformer makes it of such a request: nested objects are instances of their classes. */
export function instanceOf<T extends object>(shape: ObjectShape, request: Readonly<Record<string, unknown>>): T {
  const instance = new shape.of() as Record<string, unknown>;
  for (const [name, value] of Object.entries(request)) {
    const inner = shape.properties.get(name)?.shape;
    instance[name] = inner?.kind === 'object' ? instanceOf(inner, value as Record<string, unknown>) : value;
  }
  return instance as T;
}

function obeysInside(shape: Shape, value: unknown): boolean {
  if (shape.kind === 'object') return obeysRules(shape, value as Record<string, unknown>);
  // Lists of objects are not among the requests.
  return shape.kind !== 'list' || shape.items.kind !== 'object';
}

function testsOf(type: RequestClass): ReadonlyMap<string, readonly Test[]> | 'unknown' {
  const known = tests.get(type);
  if (known) return known;
  const made = readTests(type);
  tests.set(type, made);
  return made;
}

function readTests(type: RequestClass): ReadonlyMap<string, readonly Test[]> | 'unknown' {
  const byProperty = new Map<string, Test[]>();
  for (const rule of getMetadataStorage().getTargetValidationMetadatas(type, '', false, false)) {
    const name = rule.name ?? rule.type;
    const test = rule.type === 'nestedValidation' ? always : testOf(name, rule.constraints ?? [], rule.each === true);
    if (!test) return 'unknown';
    byProperty.set(rule.propertyName, [...(byProperty.get(rule.propertyName) ?? []), test]);
  }
  return byProperty;
}

const always: Test = () => true;
/** What the check of JSON types has seen to, of a field and of each item of a list. */
const OF_TYPE = new Set(['isOptional', 'isString', 'isInt', 'isArray', 'conditionalValidation']);

/** undefined: a rule that is not known here. */
function testOf(name: string, [first]: readonly unknown[], each: boolean): Test | undefined {
  if (OF_TYPE.has(name)) return always;
  if (each) return undefined;
  switch (name) {
    case 'matches': {
      const { source, flags } = first as RegExp;
      // A pattern with a memory of its own would find every second match.
      if (/[gy]/.test(flags)) return undefined;
      const pattern = new RegExp(source, flags);
      return (value: string) => pattern.test(value);
    }
    case 'isIn':
      return (value: string) => (first as readonly unknown[]).includes(value);
    case 'min':
      return (value: number) => value >= (first as number);
    // Characters beyond the basic plane count as one there; a text that is short either way is short.
    case 'maxLength':
      return (value: string) => value.length <= (first as number);
    case 'isNotEmpty':
      return (value: string) => value !== '';
    case 'arrayNotEmpty':
      return (value: readonly unknown[]) => value.length > 0;
    default:
      return undefined;
  }
}
