import { Arr, type Doc } from '../bson/document.js';
import { toDouble } from '../bson/numbers.js';
import { isNumber, typeName, type Maybe, type Value } from '../bson/values.js';
import { failAt } from '../errors.js';
import { accumulators, type Accumulator } from './accumulators.js';
import { countOf, nSpec, PLACINGS } from './accumulators-n.js';
import { percentilesOf, percentileSpec } from './accumulators-statistics.js';
import { compileExpression, type Variables } from './expression.js';
import { operators } from './operators.js';
import { argumentsOf, isNullish } from './values.js';

// As expressions these take the elements of one array, or their arguments.
for (const name of ['$sum', '$avg', '$min', '$max', '$stdDevPop', '$stdDevSamp']) {
  operators.set(name, (argument) => {
    const args = argumentsOf(argument, name, 0, Infinity);
    const compiled = accumulators.get(name)?.(null, name);
    return (doc, variables) => {
      const values = args.map((arg) => arg(doc, variables));
      const accumulator = compiled?.make(() => undefined) as Accumulator;
      const single = values.length === 1 && values[0] instanceof Arr ? values[0].items : undefined;
      for (const value of single ?? values) accumulator.add(value);
      return accumulator.result();
    };
  });
}

for (const [name, placing] of Object.entries(PLACINGS)) {
  operators.set(name, (argument) => {
    const spec = nSpec(argument, name);
    const n = compileExpression(spec.get('n') as Value);
    const input = compileExpression(spec.get('input') as Value);
    return (doc: Doc, variables: Variables): Maybe => {
      const count = countOf(n(doc, variables));
      const list = input(doc, variables);
      if (isNullish(list)) return null;
      if (!(list instanceof Arr)) {
        return failAt(5788200, `Input must be an array, but found: ${typeName(list)}`);
      }
      const kept: Value[] = [];
      const place = placing(count);
      for (const item of list.items) place(kept, item);
      return Arr.of(kept);
    };
  });
}

for (const name of ['$percentile', '$median']) {
  operators.set(name, (argument) => {
    const { input, shares } = percentileSpec(argument, name);
    const values = compileExpression(input);
    return (doc, variables) => {
      const found = values(doc, variables);
      const items = found instanceof Arr ? found.items : found === undefined ? [] : [found];
      const numbers = items
        .filter(isNumber)
        .map(toDouble)
        .filter((number) => !Number.isNaN(number));
      const percentiles = percentilesOf(numbers, shares);
      return name === '$median' ? (percentiles[0] ?? null) : Arr.of(percentiles);
    };
  });
}
