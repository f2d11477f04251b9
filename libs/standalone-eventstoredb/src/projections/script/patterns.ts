import type { ArrayPattern, ObjectPattern, Property } from 'acorn';
import type { AssignmentTarget, Interpreter } from './interpreter-parts.js';
import { member, setMember } from './members.js';
import type { Scope } from './scope.js';
import { ScriptError, type Value, emptyObject, isObject, toText } from './values.js';

type How = 'declare' | 'constant' | 'set';

/** Takes a value apart as the pattern says. */
export function bindPattern(
  pattern: AssignmentTarget,
  value: Value,
  scope: Scope,
  how: How,
  interpreter: Interpreter,
): void {
  const { type } = pattern;
  if (type === 'Identifier') {
    if (how === 'set') scope.set(pattern.name, value);
    else scope.declare(pattern.name, value, how === 'constant');
  } else if (type === 'AssignmentPattern') {
    const given = value === undefined ? interpreter.evaluate(pattern.right, scope) : value;
    bindPattern(pattern.left, given, scope, how, interpreter);
  } else if (type === 'MemberExpression' && pattern.object.type !== 'Super') {
    setMember(interpreter.evaluate(pattern.object, scope), keyOf(pattern, scope, interpreter), value);
  } else if (type === 'ArrayPattern') bindList(pattern, value, scope, how, interpreter);
  else if (type === 'ObjectPattern') bindFields(pattern, value, scope, how, interpreter);
  else if (type === 'ParenthesizedExpression') bindPattern(pattern.expression, value, scope, how, interpreter);
  else throw new ScriptError(`${type} can't be assigned to`);
}

/** The name that a member expression or a property has. */
export function keyOf(
  node: { computed: boolean; property?: AnyKey; key?: AnyKey },
  scope: Scope,
  interpreter: Interpreter,
): Value {
  const key = node.property ?? node.key;
  if (key === undefined || key.type === 'PrivateIdentifier') throw new ScriptError('private names are not understood');
  if (!node.computed && key.type === 'Identifier') return key.name;
  return interpreter.evaluate(key, scope);
}

type AnyKey = Property['key'] | { type: 'PrivateIdentifier'; name: string; start: number; end: number };

function bindList(pattern: ArrayPattern, value: Value, scope: Scope, how: How, interpreter: Interpreter): void {
  if (!Array.isArray(value)) throw new ScriptError(`${toText(value)} is not a list`);
  for (const [index, element] of pattern.elements.entries()) {
    if (element === null) continue;
    if (element.type === 'RestElement') interpreter.bind(element.argument, value.slice(index), scope, how);
    else interpreter.bind(element, value[index], scope, how);
  }
}

function bindFields(pattern: ObjectPattern, value: Value, scope: Scope, how: How, interpreter: Interpreter): void {
  if (value === null || value === undefined) throw new ScriptError(`${value} has no fields`);
  const taken = new Set<string>();
  for (const property of pattern.properties) {
    if (property.type === 'RestElement') {
      const rest = emptyObject();
      const fields = isObject(value) ? Object.entries(value) : [];
      for (const [name, field] of fields) if (!taken.has(name)) rest[name] = field;
      interpreter.bind(property.argument, rest, scope, how);
      continue;
    }
    const name = toText(keyOf(property, scope, interpreter));
    taken.add(name);
    interpreter.bind(property.value, member(interpreter.machine, value, name), scope, how);
  }
}
