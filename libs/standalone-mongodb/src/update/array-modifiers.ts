import { equalValues } from '../bson/compare.js';
import { Arr, Doc, Field } from '../bson/document.js';
import { toDouble } from '../bson/numbers.js';
import { BsonType, isNumber, typeName, type Maybe, type Value } from '../bson/values.js';
import { fail } from '../errors.js';
import { compile, valueTest } from '../query/filter.js';
import { parseFilter, parseOperators } from '../query/parse-filter.js';
import { elementOrder } from '../query/element-order.js';
import { shellText } from '../query/shell-text.js';
import { idText, type Change } from './tree.js';

export function lastPart(path: string): string {
  return path.slice(path.lastIndexOf('.') + 1);
}

function arrayOf(old: Maybe, path: string): Arr {
  if (old === undefined) return Arr.of([]);
  if (old instanceof Arr) return old;
  return fail(
    'BadValue',
    `The field '${path}' must be an array but is of type ${typeName(old)} in document ${idText()}`,
  );
}

/** `$push` */
export function push(path: string, argument: Value): Change {
  const each = eachOf(argument);
  if (each === undefined) {
    return (old) => Arr.ofFields([...arrayOf(old, path).fields, Field.of('', argument)]);
  }
  const { values, position, slice, sort } = pushModifiers(argument as Doc, each);
  return (old) => {
    const array = arrayOf(old, path);
    if (old !== undefined && values.length === 0 && slice === undefined && sort === undefined) return old;
    const fields = [...array.fields];
    const at =
      position === undefined ? fields.length : position >= 0 ? position : Math.max(0, fields.length + position);
    fields.splice(at, 0, ...values.map((value) => Field.of('', value)));
    if (sort !== undefined) fields.sort((a, b) => sort(a.value, b.value));
    if (slice === undefined) return Arr.ofFields(fields);
    return Arr.ofFields(slice >= 0 ? fields.slice(0, slice) : fields.slice(slice));
  };
}

function eachOf(argument: Value): readonly Value[] | undefined {
  if (!(argument instanceof Doc) || !argument.has('$each')) return undefined;
  const each = argument.get('$each') as Value;
  if (!(each instanceof Arr)) {
    return fail('BadValue', `The argument to $each in $push must be an array but it was of type: ${typeName(each)}`);
  }
  return each.items;
}

interface PushModifiers {
  readonly values: readonly Value[];
  readonly position: number | undefined;
  readonly slice: number | undefined;
  readonly sort: ((a: Value, b: Value) => number) | undefined;
}

function pushModifiers(argument: Doc, values: readonly Value[]): PushModifiers {
  let position: number | undefined;
  let slice: number | undefined;
  let sort: PushModifiers['sort'];
  for (const { name, value } of argument.fields) {
    if (name === '$each') continue;
    if (name === '$position') position = integerOf(value, '$position');
    else if (name === '$slice') slice = integerOf(value, '$slice');
    else if (name === '$sort') sort = elementOrder(value);
    else fail('BadValue', `Unrecognized clause in $push: ${name}`);
  }
  return { values, position, slice, sort };
}

function integerOf(value: Value, name: string): number {
  if (!isNumber(value) || !Number.isInteger(toDouble(value))) {
    return fail('BadValue', `The value for ${name} must be an integer value but was given type: ${typeName(value)}`);
  }
  return toDouble(value);
}

/** `$addToSet` */
export function addToSet(path: string, argument: Value): Change {
  const each = argument instanceof Doc && argument.fields[0]?.name === '$each' ? argument.fields[0].value : undefined;
  if (each !== undefined && !(each instanceof Arr)) {
    fail('TypeMismatch', `The argument to $each in $addToSet must be an array but it was of type ${typeName(each)}`);
  }
  if (each !== undefined && (argument as Doc).fields.length > 1) {
    fail('BadValue', `Found unexpected fields after $each in $addToSet: ${shellText(argument)}`);
  }
  const values = each === undefined ? [argument] : (each as Arr).items;
  return (old) => {
    if (old !== undefined && !(old instanceof Arr)) {
      return fail(
        'BadValue',
        `Cannot apply $addToSet to non-array field. Field named '${lastPart(path)}' has non-array type ${typeName(old)}`,
      );
    }
    const fields = [...(old?.fields ?? [])];
    const before = fields.length;
    for (const value of values) {
      if (!fields.some((field) => equalValues(field.value, value))) fields.push(Field.of('', value));
    }
    return old !== undefined && fields.length === before ? old : Arr.ofFields(fields);
  };
}

/** `$pop` */
export function pop(path: string, argument: Value): Change {
  const sign = isNumber(argument) ? toDouble(argument) : undefined;
  if (sign !== 1 && sign !== -1) fail('FailedToParse', `$pop expects 1 or -1, found: ${shellText(argument)}`);
  return (old) => {
    if (old === undefined) return undefined;
    if (!(old instanceof Arr)) {
      return fail('TypeMismatch', `Path '${path}' contains an element of non-array type '${typeName(old)}'`);
    }
    if (old.items.length === 0) return old;
    return Arr.ofFields(sign === 1 ? old.fields.slice(0, -1) : old.fields.slice(1));
  };
}

/** `$pull` */
export function pull(argument: Value): Change {
  const test = pullTest(argument);
  return (old) => keepElements(old, '$pull', (value) => !test(value));
}

/** A document pulls the documents that match it as a query; operators look at the element itself. */
function pullTest(argument: Value): (value: Value) => boolean {
  if (argument instanceof Doc) {
    if (
      argument.fields[0]?.name.startsWith('$') === true &&
      !['$and', '$or', '$nor'].includes(argument.fields[0].name)
    ) {
      const tests = parseOperators('', argument).map(valueTest);
      return (value) => tests.every((test) => test(value));
    }
    const matches = compile(parseFilter(argument, undefined, 'update'));
    return (value) => value instanceof Doc && matches(value, undefined);
  }
  if (typeof argument === 'object' && argument !== null && argument.type === BsonType.RegExp) {
    const tests = parseOperators('', Doc.of([Field.of('$in', Arr.of([argument]))])).map(valueTest);
    return (value) => tests.every((test) => test(value));
  }
  return (value) => equalValues(value, argument);
}

/** `$pullAll` */
export function pullAll(argument: Value): Change {
  if (!(argument instanceof Arr))
    return fail('BadValue', `$pullAll requires an array argument but was given a ${typeName(argument)}`);
  return (old) => keepElements(old, '$pullAll', (value) => !argument.items.some((item) => equalValues(item, value)));
}

function keepElements(old: Maybe, operator: string, keep: (value: Value) => boolean): Maybe {
  if (old === undefined) return undefined;
  if (!(old instanceof Arr)) return fail('BadValue', `Cannot apply ${operator} to a non-array value`);
  const fields = old.fields.filter((field) => keep(field.value));
  return fields.length === old.fields.length ? old : Arr.ofFields(fields);
}
