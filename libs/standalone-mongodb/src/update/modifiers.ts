import { compareValues, equalValues } from '../bson/compare.js';
import { Doc } from '../bson/document.js';
import { arithmetic } from '../bson/numbers.js';
import { DateTime, Int32, isNumber, Timestamp, typeName, typeOf, type Value } from '../bson/values.js';
import { fail } from '../errors.js';
import { shellText } from '../query/shell-text.js';
import { addToSet, lastPart, pop, pull, pullAll, push } from './array-modifiers.js';
import { idText, type Change } from './tree.js';

export interface Modifier {
  readonly change: Change;
  /** Missing documents on the way are made. */
  readonly create: boolean;
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
    case '$pushAll':
      return fail(
        'FailedToParse',
        'Unknown modifier: $pushAll. Expected a valid update modifier or pipeline-style update specified as an array',
      );
    case '$currentDate':
      return { create: true, change: currentDate(argument, now) };
    case '$bit':
      return { create: true, change: bit(path, argument) };
  }
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
  const kind =
    argument instanceof Doc ? argument.get('$type') : argument === true || argument === false ? 'date' : undefined;
  if (kind === 'date') return () => now;
  if (kind === 'timestamp') return () => new Timestamp(((now.ms / 1000n) << 32n) | 1n);
  return fail(
    'BadValue',
    `${typeName(argument)} is not valid type for $currentDate. Please use a boolean ('true') or a $type expression ({$type: 'timestamp/date'}).`,
  );
}

function bit(path: string, argument: Value): Change {
  if (!(argument instanceof Doc)) {
    return fail(
      'BadValue',
      `The $bit modifier is not compatible with a ${typeName(argument)}. You must pass in an embedded document: {$bit: {field: {and/or/xor: #}}`,
    );
  }
  return (old) => {
    if (old !== undefined && !(old instanceof Int32) && typeof old !== 'bigint') {
      return fail(
        'BadValue',
        `Cannot apply $bit to a value of non-integral type.${idText()} has the field ${lastPart(path)} of non-integer type ${typeName(old)}`,
      );
    }
    return argument.fields.reduce(
      (value: Int32 | bigint, { name, value: operand }) => {
        if (!(operand instanceof Int32) && typeof operand !== 'bigint') {
          return fail(
            'BadValue',
            `The $bit modifier field must be an Integer(32/64 bit); a '${typeName(operand)}' is not supported here`,
          );
        }
        return bitwise(name, value, operand);
      },
      old ?? new Int32(0),
    );
  };
}

function bitwise(name: string, a: Int32 | bigint, b: Int32 | bigint): Int32 | bigint {
  const x = BigInt(a instanceof Int32 ? a.value : a);
  const y = BigInt(b instanceof Int32 ? b.value : b);
  const result = name === 'and' ? x & y : name === 'or' ? x | y : name === 'xor' ? x ^ y : undefined;
  if (result === undefined)
    return fail('BadValue', `The $bit modifier only supports 'and', 'or', and 'xor', not '${name}'`);
  return a instanceof Int32 && b instanceof Int32 ? new Int32(Number(result)) : result;
}
