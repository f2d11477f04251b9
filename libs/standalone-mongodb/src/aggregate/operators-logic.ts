import { compareMaybe } from '../bson/compare.js';
import { Arr, Doc } from '../bson/document.js';
import { Int32, typeName, type Maybe } from '../bson/values.js';
import { failAt } from '../errors.js';
import { compileExpression, scoped, variableName, type Expression, type Variables } from './expression.js';
import { constant, folded, muted, operators } from './operators.js';
import { argumentsOf, define, isNullish, isTruthy, namedSpec } from './values.js';

define('$eq', 2, (a, b) => compareMaybe(a, b) === 0);
define('$ne', 2, (a, b) => compareMaybe(a, b) !== 0);
define('$gt', 2, (a, b) => compareMaybe(a, b) > 0);
define('$gte', 2, (a, b) => compareMaybe(a, b) >= 0);
define('$lt', 2, (a, b) => compareMaybe(a, b) < 0);
define('$lte', 2, (a, b) => compareMaybe(a, b) <= 0);
define('$cmp', 2, (a, b) => new Int32(Math.sign(compareMaybe(a, b))));
define('$not', 1, (a) => !isTruthy(a));
define('$type', 1, (a) => typeName(a));
define('$isNumber', 1, (a) => ['int', 'long', 'double', 'decimal'].includes(typeName(a)));
define('$isArray', 1, (a) => a instanceof Arr);

operators.set('$and', (argument, name) => {
  const args = argumentsOf(argument, name, 0, Infinity);
  return folded(args, (doc, variables) => args.every((arg) => isTruthy(arg(doc, variables))));
});
operators.set('$or', (argument, name) => {
  const args = argumentsOf(argument, name, 0, Infinity);
  return folded(args, (doc, variables) => args.some((arg) => isTruthy(arg(doc, variables))));
});
operators.set('$literal', constant);
operators.set('$const', constant);

operators.set('$cond', (argument, name) => {
  // A branch that is never taken gives no error.
  const [condition, yes, no] = muted(() =>
    argument instanceof Doc ? conditionParts(argument, name) : argumentsOf(argument, name, 3),
  );
  return (doc, variables) =>
    isTruthy((condition as Expression)(doc, variables))
      ? (yes as Expression)(doc, variables)
      : (no as Expression)(doc, variables);
});

function conditionParts(argument: Doc, name: string): Expression[] {
  const keys = ['if', 'then', 'else'];
  const spec = namedSpec(argument, name, keys, keys);
  return keys.map((key) => compileExpression(spec.get(key) ?? null));
}

operators.set('$ifNull', (argument, name) => {
  const count = argument instanceof Arr ? argument.items.length : 1;
  if (count < 2) failAt(1257300, `$ifNull needs at least two arguments, had: ${count}`);
  const args = argumentsOf(argument, name, 2, Infinity);
  return folded(args, (doc, variables) => {
    let value: Maybe;
    for (const arg of args) {
      value = arg(doc, variables);
      if (!isNullish(value)) return value;
    }
    return value;
  });
});

operators.set('$switch', (argument, name) => {
  const spec = namedSpec(argument, name, ['branches', 'default'], []);
  const list = spec.get('branches') ?? Arr.of([]);
  if (!(list instanceof Arr))
    return failAt(40061, `$switch expected an array for 'branches', found: ${typeName(list)}`);
  const branches = list.items.map((branch) => {
    if (!(branch instanceof Doc)) {
      return failAt(40062, `$switch expected each branch to be an object, found: ${typeName(branch)}`);
    }
    const inner = namedSpec(branch, '$switch.branches', ['case', 'then'], ['case', 'then']);
    return muted(() => ({
      when: compileExpression(inner.get('case') ?? null),
      then: compileExpression(inner.get('then') ?? null),
    }));
  });
  const fallback = spec.get('default');
  if (branches.length === 0 && fallback === undefined) failAt(40068, '$switch requires at least one branch.');
  const otherwise = fallback === undefined ? undefined : muted(() => compileExpression(fallback));
  return (doc, variables) => {
    for (const { when, then } of branches) if (isTruthy(when(doc, variables))) return then(doc, variables);
    if (otherwise === undefined) {
      return failAt(40066, '$switch could not find a matching branch for an input, and no default was specified.');
    }
    return otherwise(doc, variables);
  };
});

operators.set('$let', (argument, name) => {
  const spec = namedSpec(argument, name, ['vars', 'in'], ['vars', 'in']);
  const definitions = spec.get('vars');
  if (!(definitions instanceof Doc)) return failAt(16874, 'invalid parameter: expected an object (vars)');
  const named = definitions.fields.map((field) => ({
    name: variableName(field.name),
    value: compileExpression(field.value),
  }));
  const body = scoped(
    named.map((one) => one.name),
    () => compileExpression(spec.get('in') ?? null),
  );
  return (doc, variables) => {
    const inner = new Map(variables);
    for (const { name: variable, value } of named) inner.set(variable, value(doc, variables));
    return body(doc, inner);
  };
});

/** One more variable in scope. */
export function withVariable(variables: Variables, name: string, value: Maybe): Variables {
  return new Map(variables).set(name, value);
}
