import type { AnyNode, Expression, Program, Statement } from 'acorn';
import { evaluateExpression } from './expressions.js';
import type { AssignmentTarget, Completion, Interpreter } from './interpreter-parts.js';
import { declareLibrary } from './library.js';
import { Machine } from './machine.js';
import { bindPattern } from './patterns.js';
import { Scope } from './scope.js';
import { executeStatement, hoistDeclarations } from './statements.js';
import { syntaxOf } from './syntax.js';
import { type Callable, ScriptError, type Value } from './values.js';

/**
 * Reads and computes a script of JavaScript's everyday part, step by step: it is never run as code, reaches nothing but what
 * it is offered, and is stopped when it takes too long or too much room.
 */
export class ScriptInterpreter implements Interpreter {
  readonly machine = new Machine();
  private readonly globals = new Scope();
  private readonly program: Program;

  /** Throws {@link ScriptError} if the source has what is not understood. */
  constructor(source: string) {
    this.program = syntaxOf(source);
    declareLibrary(this.globals);
  }

  offer(name: string, value: Value): void {
    this.globals.declare(name, value);
  }

  /** Runs the script from its beginning. */
  run(): void {
    this.guard(() => {
      const { body } = this.program as { body: Statement[] };
      this.hoist(body, this.globals);
      for (const statement of body) this.execute(statement, this.globals);
    });
  }

  /** Calls a function of the script. */
  call(callable: Callable, args: readonly Value[]): Value {
    return this.guard(() => callable.call(args));
  }

  evaluate(node: Expression, scope: Scope): Value {
    this.machine.spend();
    return evaluateExpression(node, scope, this);
  }

  execute(node: Statement, scope: Scope): Completion | undefined {
    this.machine.spend();
    return executeStatement(node, scope, this);
  }

  hoist(body: readonly AnyNode[], scope: Scope): void {
    hoistDeclarations(body, scope, this);
  }

  bind(pattern: AssignmentTarget, value: Value, scope: Scope, how: 'declare' | 'constant' | 'set'): void {
    bindPattern(pattern, value, scope, how, this);
  }

  private guard<T>(run: () => T): T {
    this.machine.reset();
    try {
      return run();
    } catch (error) {
      if (error instanceof ScriptError) throw error;
      // An expression that nests deeper than the stack is, or an argument out of a range.
      throw new ScriptError((error as Error).message);
    }
  }
}
