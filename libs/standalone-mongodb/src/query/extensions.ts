import type { Value } from '../bson/values.js';
import { fail } from '../errors.js';
import type { Variables } from '../aggregate/expression.js';
import type { Node } from './ast.js';

/** Top-level operators that come from elsewhere ($expr, $jsonSchema): registered to keep the imports one way. */
export const topLevelExtensions = new Map<string, (value: Value, variables: Variables) => Node>();

for (const name of ['$where', '$text']) {
  topLevelExtensions.set(name, () => fail('NotImplemented', `standalone mode has no ${name}`));
}
