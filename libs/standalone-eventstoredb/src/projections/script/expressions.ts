import type {
  AssignmentExpression,
  BinaryOperator,
  CallExpression,
  Expression,
  Literal,
  MemberExpression,
  ObjectExpression,
  SpreadElement,
  TemplateLiteral,
  UnaryExpression,
  UpdateExpression,
} from 'acorn';
import { matcherOf } from '../../services/expression.js';
import { closure } from './functions.js';
import type { Interpreter } from './interpreter-parts.js';
import { construct } from './library.js';
import { member, removeMember } from './members.js';
import { binary, unary } from './operators.js';
import { keyOf } from './patterns.js';
import type { Scope } from './scope.js';
import {
  Callable,
  MAX_ITEMS,
  ScriptError,
  ScriptPattern,
  type Value,
  emptyObject,
  isObject,
  isTrue,
  limited,
  toNumber,
  toText,
  typeName,
} from './values.js';

/** The value of an expression. Throws {@link ScriptError}. */
export function evaluateExpression(node: Expression, scope: Scope, interpreter: Interpreter): Value {
  const value = (inner: Expression): Value => interpreter.evaluate(inner, scope);
  switch (node.type) {
    case 'Literal':
      return literal(node);
    case 'Identifier':
      return scope.get(node.name);
    case 'ParenthesizedExpression':
      return value(node.expression);
    case 'ChainExpression':
      return chain(() => value(node.expression));
    case 'TemplateLiteral':
      return template(node, value);
    case 'ArrayExpression':
      return list(node.elements, value);
    case 'ObjectExpression':
      return object(node, scope, interpreter);
    case 'FunctionExpression':
    case 'ArrowFunctionExpression':
      return closure(node, scope, interpreter);
    case 'UnaryExpression':
      return unaryExpression(node, scope, interpreter);
    case 'UpdateExpression':
      return update(node, scope, interpreter);
    case 'BinaryExpression':
      return binary(node.operator, value(node.left as Expression), value(node.right));
    case 'LogicalExpression':
      return logical(node.operator, value(node.left), () => value(node.right));
    case 'ConditionalExpression':
      return isTrue(value(node.test)) ? value(node.consequent) : value(node.alternate);
    case 'SequenceExpression':
      return node.expressions.map(value).at(-1);
    case 'AssignmentExpression':
      return assignment(node, scope, interpreter);
    case 'MemberExpression':
      return memberOf(node, scope, interpreter)[1];
    case 'CallExpression':
      return call(node, scope, interpreter);
    case 'NewExpression':
      return construct(node.callee.type === 'Identifier' ? node.callee.name : '…', list(node.arguments, value));
    case 'AwaitExpression':
    case 'ClassExpression':
    case 'ImportExpression':
    case 'MetaProperty':
    case 'TaggedTemplateExpression':
    case 'ThisExpression':
    case 'YieldExpression':
      throw new ScriptError(`${node.type} is not understood`);
  }
}

function literal({ value, regex, bigint }: Literal): Value {
  if (bigint) throw new ScriptError('integers of any length are not understood');
  if (!regex) return value as Value;
  if (regex.flags !== '') throw new ScriptError('flags of regular expressions are not understood');
  return new ScriptPattern(regex.pattern, matcherOf(regex.pattern));
}

function template(node: TemplateLiteral, value: (inner: Expression) => Value): string {
  let text = '';
  for (const [index, { value: part }] of node.quasis.entries()) {
    const expression = node.expressions[index];
    text = limited(text + (part.cooked ?? '') + (expression === undefined ? '' : toText(value(expression))));
  }
  return text;
}

function list(elements: readonly (Expression | SpreadElement | null)[], value: (inner: Expression) => Value): Value[] {
  const made: Value[] = [];
  for (const element of elements) {
    if (element?.type !== 'SpreadElement') {
      made.push(element === null ? undefined : value(element as Expression));
      continue;
    }
    const spread = value(element.argument);
    const items = typeof spread === 'string' ? [...spread] : spread;
    if (!Array.isArray(items)) throw new ScriptError(`${toText(spread)} is not a list`);
    if (made.length + items.length > MAX_ITEMS) throw new ScriptError('a list has become too long');
    for (const item of items) made.push(item);
  }
  return made;
}

function object(node: ObjectExpression, scope: Scope, interpreter: Interpreter): Value {
  const made = emptyObject();
  for (const property of node.properties) {
    if (property.type === 'SpreadElement') {
      const spread = interpreter.evaluate(property.argument, scope);
      if (isObject(spread)) Object.assign(made, spread);
      continue;
    }
    made[toText(keyOf(property, scope, interpreter))] = interpreter.evaluate(property.value, scope);
  }
  return made;
}

function unaryExpression(node: UnaryExpression, scope: Scope, interpreter: Interpreter): Value {
  const { operator, argument } = node;
  if (operator === 'typeof') {
    if (argument.type === 'Identifier' && !scope.has(argument.name)) return 'undefined';
    return typeName(interpreter.evaluate(argument, scope));
  }
  if (operator === 'delete') {
    if (argument.type !== 'MemberExpression' || argument.object.type === 'Super') return true;
    return removeMember(interpreter.evaluate(argument.object, scope), keyOf(argument, scope, interpreter));
  }
  return unary(operator, interpreter.evaluate(argument, scope));
}

function update(node: UpdateExpression, scope: Scope, interpreter: Interpreter): Value {
  const before = toNumber(interpreter.evaluate(node.argument, scope));
  const after = node.operator === '++' ? before + 1 : before - 1;
  interpreter.bind(node.argument, after, scope, 'set');
  return node.prefix ? after : before;
}

function logical(operator: '||' | '&&' | '??', left: Value, right: () => Value): Value {
  if (operator === '??') return isNothing(left) ? right() : left;
  return isTrue(left) === (operator === '&&') ? right() : left;
}

function assignment(node: AssignmentExpression, scope: Scope, interpreter: Interpreter): Value {
  const { operator, left, right } = node;
  const assigned = (): Value => interpreter.evaluate(right, scope);
  let value: Value;
  if (operator === '=') value = assigned();
  else {
    const before = interpreter.evaluate(left as Expression, scope);
    const plain = operator.slice(0, -1);
    if (plain === '||' || plain === '&&' || plain === '??') value = logical(plain, before, assigned);
    else value = binary(plain as BinaryOperator, before, assigned());
  }
  interpreter.bind(left, value, scope, 'set');
  return value;
}

/** A member and what it is a member of. */
function memberOf(node: MemberExpression, scope: Scope, interpreter: Interpreter): [target: Value, value: Value] {
  if (node.object.type === 'Super') throw new ScriptError('super is not understood');
  const target = interpreter.evaluate(node.object, scope);
  if (node.optional && isNothing(target)) throw new ShortChain();
  return [target, member(interpreter.machine, target, keyOf(node, scope, interpreter))];
}

/** The rest of a chain is not evaluated: there was nothing before `?.`. */
class ShortChain extends Error {}

function chain(evaluate: () => Value): Value {
  try {
    return evaluate();
  } catch (error) {
    if (error instanceof ShortChain) return undefined;
    throw error;
  }
}

function isNothing(value: Value): boolean {
  return value === null || value === undefined;
}

function call(node: CallExpression, scope: Scope, interpreter: Interpreter): Value {
  const { callee } = node;
  if (callee.type === 'Super') throw new ScriptError('super is not understood');
  const [target, callable] =
    callee.type === 'MemberExpression'
      ? memberOf(callee, scope, interpreter)
      : [undefined, interpreter.evaluate(callee, scope)];
  if (node.optional && isNothing(callable)) throw new ShortChain();
  if (!(callable instanceof Callable)) throw new ScriptError(`${nameOf(callee, target)} is not a function here`);
  return callable.call(list(node.arguments, (inner) => interpreter.evaluate(inner, scope)));
}

function nameOf(callee: Expression, target: Value): string {
  if (callee.type === 'Identifier') return callee.name;
  if (callee.type !== 'MemberExpression' || callee.property.type !== 'Identifier') return 'that';
  return `${callee.property.name} of ${Array.isArray(target) ? 'a list' : `a ${typeName(target)}`}`;
}
