import { compareValues, equalValues } from '../bson/compare.js';
import { Doc } from '../bson/document.js';
import { arithmetic } from '../bson/numbers.js';
import { DateTime, Int32, isNumber, Timestamp, typeName, typeOf, type Maybe, type Value } from '../bson/values.js';
import { fail } from '../errors.js';
import { shellText } from '../query/shell-text.js';
import { addToSet, lastPart, pop, pull, pullAll, push } from './array-modifiers.js';
import { idText, type Change } from './tree.js';

export interface Modifier {
  readonly change: Change;
  /** Missing documents on the way are made; some know only when they are applied. */
  readonly create: boolean | (() => boolean);
}

/** Compiles one `operator: {path: argument}`; messages name the path and, where mongod does, the document. */
export function compileModifier(operator: string, path: string, argument: Value, now: DateTime): Modifier {
  switch (operator) {
    case '$set':
    case '$setOnInsert':
      return { create: true, change: () => argument };
    case '$unset':
      return { create: false, change: () => undefined };
    case '$inc':
    case '$mul':
      return { create: true, change: numeric(operator, path, argument) };
    case '$min':
    case '$max':
      return { create: true, change: extreme(operator === '$min' ? -1 : 1, argument) };
    case '$push':
      return { create: true, change: push(path, argument) };
    case '$addToSet':
      return { create: true, change: addToSet(path, argument) };
    case '$pop':
      return { create: false, change: pop(path, argument) };
    case '$pull':
      return { create: false, change: pull(argument) };
    case '$pullAll':
      return { create: false, change: pullAll(argument) };
    case '$currentDate':
      return { create: true, change: currentDate(argument, now) };
    case '$bit':
      return { create: true, change: bit(path, argument) };
  }
  return unknownModifier(operator);
}

const MODIFIERS = new Set([
  ...['$set', '$setOnInsert', '$unset', '$inc', '$mul', '$min', '$max', '$push', '$addToSet', '$pop', '$pull'],
  ...['$pullAll', '$currentDate', '$bit', '$rename'],
]);

/** An operator's fields; unknown operators are refused before what they come with is looked at. */
export function modifierFields(operator: string, argument: Value): Doc['fields'] {
  if (!MODIFIERS.has(operator)) return unknownModifier(operator);
  if (argument instanceof Doc) return argument.fields;
  const example = `For example: {$mod: {<field>: ...}} not {${operator}: ${shellText(argument)}}`;
  return fail(
    'FailedToParse',
    `Modifiers operate on fields but we found type ${typeName(argument)} instead. ${example}`,
  );
}

function unknownModifier(operator: string): never {
  return fail(
    'FailedToParse',
    `Unknown modifier: ${operator}. Expected a valid update modifier or pipeline-style update specified as an array`,
  );
}

const NUMBER_NAMES: Readonly<Record<string, string>> = { int: 'NumberInt', long: 'NumberLong', double: 'NumberDouble' };

function numeric(operator: string, path: string, argument: Value): Change {
  const verb = operator === '$inc' ? 'increment' : 'multiply';
  if (!isNumber(argument)) {
    return fail('TypeMismatch', `Cannot ${verb} with non-numeric argument: {${path}: ${shellText(argument)}}`);
  }
  return (old) => {
    if (old === undefined) return operator === '$inc' ? argument : arithmetic('multiply', argument, new Int32(0));
    if (!isNumber(old)) {
      return fail(
        'TypeMismatch',
        `Cannot apply ${operator} to a value of non-numeric type. ${idText()} has the field '${lastPart(path)}' of non-numeric type ${typeName(old)}`,
      );
    }
    const result = arithmetic(operator === '$inc' ? 'add' : 'multiply', old, argument);
    if (result === undefined) {
      return fail(
        'BadValue',
        `Failed to apply ${operator} operations to current value ((${NUMBER_NAMES[typeName(old)] ?? ''})${shellText(old)}) for document ${idText()}`,
      );
    }
    return isSame(old, result) ? old : result;
  };
}

/** Equal in type and value: nothing to write. */
function isSame(a: Value, b: Value): boolean {
  return typeOf(a) === typeOf(b) && equalValues(a, b);
}

function extreme(sign: number, argument: Value): Change {
  return (old) => (old === undefined || compareValues(argument, old) * sign > 0 ? argument : old);
}

function currentDate(argument: Value, now: DateTime): Change {
  if (typeof argument === 'boolean') return () => now;
  if (!(argument instanceof Doc)) {
    return fail(
      'BadValue',
      `${typeName(argument)} is not valid type for $currentDate. Please use a boolean ('true') or a $type expression ({$type: 'timestamp/date'}).`,
    );
  }
  for (const { name } of argument.fields) {
    if (name !== '$type') fail('BadValue', `Unrecognized $currentDate option: ${name}`);
  }
  const kind = argument.get('$type');
  if (kind === 'date') return () => now;
  if (kind === 'timestamp') return () => new Timestamp(((now.ms / 1000n) << 32n) | 1n);
  return fail(
    'BadValue',
    "The '$type' string field is required to be 'date' or 'timestamp': {$currentDate: {field : {$type: 'date'}}}",
  );
}

type Integer = Int32 | bigint;

function isInteger(value: Maybe): value is Integer {
  return value instanceof Int32 || typeof value === 'bigint';
}

function bit(path: string, argument: Value): Change {
  if (!(argument instanceof Doc)) {
    return fail(
      'BadValue',
      `The $bit modifier is not compatible with a ${typeName(argument)}. You must pass in an embedded document: {$bit: {field: {and/or/xor: #}}`,
    );
  }
  const steps = argument.fields.map(({ name, value }) => bitwise(name, value));
  if (steps.length === 0) {
    fail('BadValue', 'You must pass in at least one bitwise operation. The format is: {$bit: {field: {and/or/xor: #}}');
  }
  return (old) => {
    if (old !== undefined && !isInteger(old)) {
      return fail(
        'BadValue',
        `Cannot apply $bit to a value of non-integral type.${idText()} has the field ${lastPart(path)} of non-integer type ${typeName(old)}`,
      );
    }
    return steps.reduce<Integer>((value, step) => step(value), old ?? new Int32(0));
  };
}

const BITWISE: Readonly<Record<string, (a: bigint, b: bigint) => bigint>> = {
  and: (a, b) => a & b,
  or: (a, b) => a | b,
  xor: (a, b) => a ^ b,
};

function bitwise(name: string, operand: Value): (value: Integer) => Integer {
  const given = `{${name}: ${shellText(operand)}}`;
  const apply = Object.hasOwn(BITWISE, name) ? BITWISE[name] : undefined;
  if (apply === undefined) {
    return fail(
      'BadValue',
      `The $bit modifier only supports 'and', 'or', and 'xor', not '${name}' which is an unknown operator: ${given}`,
    );
  }
  if (!isInteger(operand)) {
    return fail(
      'BadValue',
      `The $bit modifier field must be an Integer(32/64 bit); a '${typeName(operand)}' is not supported here: ${given}`,
    );
  }
  const [b, isSmall] = [bigOf(operand), operand instanceof Int32];
  return (value) => {
    const result = apply(bigOf(value), b);
    return isSmall && value instanceof Int32 ? new Int32(Number(result)) : result;
  };
}

function bigOf(value: Integer): bigint {
  return BigInt(value instanceof Int32 ? value.value : value);
}
