import type { FunctionNode, Interpreter } from './interpreter-parts.js';
import { Scope } from './scope.js';
import { Callable, type Value } from './values.js';

/** A function of the script, with the variables around it. */
export function closure(node: FunctionNode, scope: Scope, interpreter: Interpreter): Callable {
  const { body } = node;
  const made: Callable = new Callable((args) =>
    interpreter.machine.within(() => {
      interpreter.machine.spend();
      const inner = new Scope(scope);
      if (node.type === 'FunctionExpression' && node.id) inner.declare(node.id.name, made);
      bindParameters(node, args, inner, interpreter);
      if (body.type !== 'BlockStatement') return interpreter.evaluate(body, inner);
      interpreter.hoist(body.body, inner);
      for (const statement of body.body) {
        const completion = interpreter.execute(statement, inner);
        if (completion?.kind === 'return') return completion.value;
      }
      return undefined;
    }),
  );
  return made;
}

function bindParameters(node: FunctionNode, args: readonly Value[], scope: Scope, interpreter: Interpreter): void {
  for (const [index, parameter] of node.params.entries()) {
    if (parameter.type === 'RestElement') interpreter.bind(parameter.argument, args.slice(index), scope, 'declare');
    else interpreter.bind(parameter, args[index], scope, 'declare');
  }
}
