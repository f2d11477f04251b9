import { getMetadataStorage } from 'class-validator';

/** A class whose properties carry class-validator's decorators. */
export type RequestClass = new () => object;

export interface ObjectShape {
  readonly kind: 'object';
  readonly of: RequestClass;
  readonly properties: ReadonlyMap<string, Property>;
}

export type Shape =
  | ObjectShape
  | { readonly kind: 'list'; readonly minItems: number; readonly items: Shape }
  | {
      readonly kind: 'string';
      readonly pattern?: string;
      readonly values?: readonly string[];
      readonly minLength?: number;
      readonly maxLength?: number;
    }
  | { readonly kind: 'integer'; readonly minimum?: number };

export interface Property {
  readonly required: boolean;
  readonly shape: Shape;
}

interface Rule {
  readonly name: string;
  readonly each: boolean;
  readonly constraints: readonly unknown[];
}

const shapes = new WeakMap<RequestClass, ObjectShape>();

/**
 * What a request class asks for, read from its decorators: one source for the check of a request and for its schema. A property is
 * required unless it is `@IsOptional()`.
 */
export function shapeOf(type: RequestClass): ObjectShape {
  const known = shapes.get(type);
  if (known) return known;
  const shape = readShape(type);
  shapes.set(type, shape);
  return shape;
}

function readShape(type: RequestClass): ObjectShape {
  const rules = new Map<string, Rule[]>();
  for (const rule of getMetadataStorage().getTargetValidationMetadatas(type, '', false, false)) {
    const { propertyName, each, constraints } = rule;
    const name = rule.type === 'nestedValidation' ? 'nested' : (rule.name ?? rule.type);
    const known = rules.get(propertyName) ?? [];
    rules.set(propertyName, [...known, { name, each: each === true, constraints: constraints ?? [] }]);
  }
  const properties = [...rules].map(([name, own]) => [name, propertyOf(type, name, own)] as const);
  return { kind: 'object', of: type, properties: new Map(properties) };
}

function propertyOf(type: RequestClass, name: string, rules: readonly Rule[]): Property {
  const required = !rules.some((rule) => rule.name === 'isOptional');
  if (rules.some((rule) => rule.name === 'nested')) {
    const nested = Reflect.getMetadata('design:type', type.prototype as object, name) as RequestClass;
    return { required, shape: shapeOf(nested) };
  }
  if (!rules.some((rule) => rule.name === 'isArray')) return { required, shape: valueShape(rules) };
  const items = valueShape(rules.filter((rule) => rule.each).map((rule) => ({ ...rule, each: false })));
  const minItems = rules.some((rule) => rule.name === 'arrayNotEmpty') ? 1 : 0;
  return { required, shape: { kind: 'list', minItems, items } };
}

function valueShape(rules: readonly Rule[]): Shape {
  const constraint = <T>(name: string): T | undefined => rules.find((rule) => rule.name === name)?.constraints[0] as T;
  const has = (name: string): boolean => rules.some((rule) => rule.name === name);
  if (has('isInt')) return { kind: 'integer', ...defined({ minimum: constraint<number>('min') }) };
  const values = constraint<readonly string[]>('isIn');
  const pattern = constraint<RegExp>('matches')?.source;
  const [minLength, maxLength] = [has('isNotEmpty') ? 1 : undefined, constraint<number>('maxLength')];
  return { kind: 'string', ...defined({ values, pattern, minLength, maxLength }) };
}

function defined<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never;
}
