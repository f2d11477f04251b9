import { type AnyNode, type Program, parse } from 'acorn';
import { ScriptError } from './values.js';

const MAX_SOURCE = 256 * 1024;

/** What of JavaScript is understood: everything but classes, generators, promises, modules, labels and `this`. */
const UNDERSTOOD = new Set<AnyNode['type']>([
  'Program',
  'ExpressionStatement',
  'BlockStatement',
  'EmptyStatement',
  'ReturnStatement',
  'BreakStatement',
  'ContinueStatement',
  'IfStatement',
  'SwitchStatement',
  'SwitchCase',
  'ThrowStatement',
  'TryStatement',
  'CatchClause',
  'WhileStatement',
  'DoWhileStatement',
  'ForStatement',
  'ForInStatement',
  'ForOfStatement',
  'FunctionDeclaration',
  'VariableDeclaration',
  'VariableDeclarator',
  'Identifier',
  'Literal',
  'ArrayExpression',
  'ObjectExpression',
  'Property',
  'FunctionExpression',
  'ArrowFunctionExpression',
  'UnaryExpression',
  'UpdateExpression',
  'BinaryExpression',
  'LogicalExpression',
  'AssignmentExpression',
  'ConditionalExpression',
  'CallExpression',
  'NewExpression',
  'MemberExpression',
  'ChainExpression',
  'SequenceExpression',
  'SpreadElement',
  'TemplateLiteral',
  'TemplateElement',
  'ParenthesizedExpression',
  'ObjectPattern',
  'ArrayPattern',
  'RestElement',
  'AssignmentPattern',
]);

/** The syntax tree of a script. Throws {@link ScriptError} if it is none, or has what is not understood here. */
export function syntaxOf(source: string): Program {
  if (source.length > MAX_SOURCE) throw new ScriptError('it is too long');
  try {
    const program = parse(source, { ecmaVersion: 2022, sourceType: 'script', allowReturnOutsideFunction: false });
    check(program);
    return program;
  } catch (error) {
    if (error instanceof ScriptError) throw error;
    // Acorn's own, or an expression that nests deeper than the stack is.
    throw new ScriptError((error as Error).message);
  }
}

function check(node: AnyNode): void {
  if (!UNDERSTOOD.has(node.type)) throw new ScriptError(`${node.type} is not understood`);
  if ('async' in node && node.async) throw new ScriptError('async functions are not understood');
  if ('generator' in node && node.generator) throw new ScriptError('generators are not understood');
  if ('label' in node && node.label) throw new ScriptError('labels are not understood');
  if (node.type === 'Property' && node.kind !== 'init') throw new ScriptError('getters and setters are not understood');
  for (const child of Object.values(node) as unknown[]) {
    if (Array.isArray(child)) child.filter(isNode).forEach(check);
    else if (isNode(child)) check(child);
  }
}

function isNode(value: unknown): value is AnyNode {
  return typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string';
}
