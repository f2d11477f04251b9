import type {
  AnyNode,
  BlockStatement,
  DoWhileStatement,
  ForInStatement,
  ForOfStatement,
  ForStatement,
  Statement,
  SwitchStatement,
  TryStatement,
  VariableDeclaration,
} from 'acorn';
import { closure } from './functions.js';
import type { Completion, Interpreter } from './interpreter-parts.js';
import { Scope } from './scope.js';
import { ScriptError, ThrownValue, type Value, isObject, isTrue, toText } from './values.js';

/** Runs a statement. Throws {@link ScriptError}. */
export function executeStatement(node: Statement, scope: Scope, interpreter: Interpreter): Completion | undefined {
  const value = (expression: Parameters<Interpreter['evaluate']>[0]): Value => interpreter.evaluate(expression, scope);
  switch (node.type) {
    case 'ExpressionStatement':
      value(node.expression);
      return undefined;
    case 'VariableDeclaration':
      return declare(node, scope, interpreter);
    case 'FunctionDeclaration':
    case 'EmptyStatement':
      return undefined;
    case 'ReturnStatement':
      return { kind: 'return', value: node.argument ? value(node.argument) : undefined };
    case 'BreakStatement':
      return { kind: 'break' };
    case 'ContinueStatement':
      return { kind: 'continue' };
    case 'BlockStatement':
      return block(node, new Scope(scope), interpreter);
    case 'IfStatement':
      if (isTrue(value(node.test))) return interpreter.execute(node.consequent, scope);
      return node.alternate ? interpreter.execute(node.alternate, scope) : undefined;
    case 'ThrowStatement':
      throw new ThrownValue(value(node.argument));
    case 'TryStatement':
      return attempt(node, scope, interpreter);
    case 'SwitchStatement':
      return choose(node, new Scope(scope), interpreter);
    case 'WhileStatement':
      return loop(() => isTrue(value(node.test)), node.body, scope, interpreter);
    case 'DoWhileStatement':
      return doLoop(node, scope, interpreter);
    case 'ForStatement':
      return counted(node, new Scope(scope), interpreter);
    case 'ForInStatement':
    case 'ForOfStatement':
      return each(node, scope, interpreter);
    case 'ClassDeclaration':
    case 'DebuggerStatement':
    case 'LabeledStatement':
    case 'WithStatement':
      throw new ScriptError(`${node.type} is not understood`);
  }
}

/** Functions can be called before they are declared; `var` belongs to the function it stands in. */
export function hoistDeclarations(body: readonly AnyNode[], scope: Scope, interpreter: Interpreter): void {
  declareFunctions(body, scope, interpreter);
  for (const node of body) {
    for (const name of variablesOf(node)) if (!scope.owns(name)) scope.declare(name, undefined);
  }
}

function declareFunctions(body: readonly AnyNode[], scope: Scope, interpreter: Interpreter): void {
  for (const node of body) {
    if (node.type === 'FunctionDeclaration' && node.id !== null) {
      scope.declare(node.id.name, closure(node, scope, interpreter));
    }
  }
}

function variablesOf(node: AnyNode): string[] {
  if (node.type === 'VariableDeclaration') {
    const names = node.declarations.map(({ id }) => (id.type === 'Identifier' ? id.name : undefined));
    return node.kind === 'var' ? names.filter((name) => name !== undefined) : [];
  }
  if (node.type.includes('Function')) return [];
  const children = Object.values(node).flat() as unknown[];
  return children.flatMap((child) => (isStatement(child) ? variablesOf(child) : []));
}

function isStatement(value: unknown): value is AnyNode {
  const type = typeof value === 'object' && value !== null ? (value as { type?: unknown }).type : undefined;
  return typeof type === 'string' && /Statement$|^VariableDeclaration$|^SwitchCase$|^CatchClause$/.test(type);
}

function declare(node: VariableDeclaration, scope: Scope, interpreter: Interpreter): undefined {
  for (const { id, init } of node.declarations) {
    const hoisted = node.kind === 'var' && id.type === 'Identifier' && scope.has(id.name);
    if (!init && hoisted) continue;
    const value = init ? interpreter.evaluate(init, scope) : undefined;
    interpreter.bind(id, value, scope, hoisted ? 'set' : node.kind === 'const' ? 'constant' : 'declare');
  }
  return undefined;
}

function block({ body }: BlockStatement, scope: Scope, interpreter: Interpreter): Completion | undefined {
  declareFunctions(body, scope, interpreter);
  for (const statement of body) {
    const completion = interpreter.execute(statement, scope);
    if (completion !== undefined) return completion;
  }
  return undefined;
}

function attempt(node: TryStatement, scope: Scope, interpreter: Interpreter): Completion | undefined {
  let completion: Completion | undefined;
  try {
    completion = block(node.block, new Scope(scope), interpreter);
  } catch (error) {
    // Only what the script threw itself: its limits are not for it to catch.
    if (!(error instanceof ThrownValue) || !node.handler) throw error;
    const inner = new Scope(scope);
    if (node.handler.param) interpreter.bind(node.handler.param, error.value, inner, 'declare');
    completion = block(node.handler.body, inner, interpreter);
  } finally {
    if (node.finalizer) block(node.finalizer, new Scope(scope), interpreter);
  }
  return completion;
}

function choose(node: SwitchStatement, scope: Scope, interpreter: Interpreter): Completion | undefined {
  const value = interpreter.evaluate(node.discriminant, scope);
  const matches = node.cases.findIndex(({ test }) => (test ? interpreter.evaluate(test, scope) === value : false));
  const first = matches >= 0 ? matches : node.cases.findIndex(({ test }) => !test);
  for (const { consequent } of first < 0 ? [] : node.cases.slice(first)) {
    for (const statement of consequent) {
      const completion = interpreter.execute(statement, scope);
      if (completion !== undefined) return completion.kind === 'break' ? undefined : completion;
    }
  }
  return undefined;
}

function loop(
  goesOn: () => boolean,
  body: Statement,
  scope: Scope,
  interpreter: Interpreter,
  afterEach: () => unknown = () => undefined,
): Completion | undefined {
  while (goesOn()) {
    interpreter.machine.spend();
    const completion = interpreter.execute(body, scope);
    if (completion?.kind === 'return') return completion;
    if (completion?.kind === 'break') return undefined;
    afterEach();
  }
  return undefined;
}

function doLoop(node: DoWhileStatement, scope: Scope, interpreter: Interpreter): Completion | undefined {
  let first = true;
  const goesOn = (): boolean => {
    const enters = first;
    first = false;
    return enters || isTrue(interpreter.evaluate(node.test, scope));
  };
  return loop(goesOn, node.body, scope, interpreter);
}

function counted(node: ForStatement, scope: Scope, interpreter: Interpreter): Completion | undefined {
  const { init, test, update } = node;
  if (init?.type === 'VariableDeclaration') declare(init, scope, interpreter);
  else if (init) interpreter.evaluate(init, scope);
  return loop(
    () => !test || isTrue(interpreter.evaluate(test, scope)),
    node.body,
    scope,
    interpreter,
    () => (update ? interpreter.evaluate(update, scope) : undefined),
  );
}

function each(node: ForInStatement | ForOfStatement, scope: Scope, interpreter: Interpreter): Completion | undefined {
  const over = interpreter.evaluate(node.right, scope);
  const items =
    node.type === 'ForOfStatement' ? itemsOf(over) : isObject(over) || Array.isArray(over) ? Object.keys(over) : [];
  const { left } = node;
  for (const item of items) {
    interpreter.machine.spend();
    const inner = new Scope(scope);
    if (left.type !== 'VariableDeclaration') interpreter.bind(left, item, inner, 'set');
    else {
      const [declarator] = left.declarations;
      if (declarator !== undefined)
        interpreter.bind(declarator.id, item, inner, left.kind === 'const' ? 'constant' : 'declare');
    }
    const completion = interpreter.execute(node.body, inner);
    if (completion?.kind === 'return') return completion;
    if (completion?.kind === 'break') return undefined;
  }
  return undefined;
}

function itemsOf(value: Value): readonly Value[] {
  if (typeof value === 'string') return [...value];
  if (Array.isArray(value)) return value;
  throw new ScriptError(`${toText(value)} is not a list`);
}
