import { docOf, type Plain, type PlainObject } from '../bson/build.js';
import { Arr, Doc } from '../bson/document.js';
import { Int32 } from '../bson/values.js';
import type { Node, Test } from '../query/ast.js';

/** A filter in mongod's normal form, as explain shows it: every comparison spelt out, negations as `$not`. */
export function parsedQuery(node: Node): PlainObject {
  switch (node.kind) {
    case 'always':
      return { [node.value ? '$alwaysTrue' : '$alwaysFalse']: 1 };
    case 'custom':
      return { [node.name]: Doc.EMPTY };
    case 'field':
      return { [node.path]: testOf(node.test) };
    case 'not':
      return negated(node.node);
    case 'and':
    case 'or':
    case 'nor':
      return branches(node.kind, node.nodes);
  }
}

function branches(kind: 'and' | 'or' | 'nor', nodes: readonly Node[]): PlainObject {
  const [only] = nodes;
  if (kind === 'nor') return { $nor: nodes.map(parsedQuery) };
  if (only === undefined) return {};
  if (nodes.length === 1) return parsedQuery(only);
  const flat = nodes.flatMap((node) => (node.kind === kind ? node.nodes : [node]));
  return { [`$${kind}`]: flat.map(parsedQuery) };
}

function negated(node: Node): PlainObject {
  const inner = node.kind === 'and' && node.nodes.length === 1 ? (node.nodes[0] as Node) : node;
  if (inner.kind === 'field') return { [inner.path]: { $not: testOf(inner.test) } };
  if (inner.kind === 'and' && inner.nodes.every((one) => one.kind === 'field')) {
    const [first] = inner.nodes;
    const tests = inner.nodes.map((one) => testOf((one as Extract<Node, { kind: 'field' }>).test));
    if (first?.kind === 'field') return { [first.path]: { $not: Object.assign({}, ...tests) as PlainObject } };
  }
  return { $nor: [parsedQuery(inner)] };
}

function testOf(test: Test): PlainObject {
  switch (test.op) {
    case 'eq':
    case 'gt':
    case 'gte':
    case 'lt':
    case 'lte':
      return { [`$${test.op}`]: test.value };
    case 'in':
      return test.values.length === 1 && test.patterns.length === 0
        ? { $eq: test.values[0] }
        : { $in: Arr.of(test.values) };
    case 'exists':
      return { $exists: true };
    case 'size':
      return { $size: test.size };
    case 'mod':
      return { $mod: [test.divisor, test.remainder] };
    case 'type': {
      const types: Plain[] = [...test.types].map((type) => new Int32(type));
      return { $type: test.number ? ['number', ...types] : types };
    }
    case 'regex':
      return test.flags === '' ? { $regex: test.source } : { $regex: test.source, $options: test.flags };
    case 'bits':
      return { [`$bits${test.all ? 'All' : 'Any'}${test.set ? 'Set' : 'Clear'}`]: [...test.positions] };
    case 'elemMatchObject':
      return { $elemMatch: docOf(parsedQuery(test.filter)) };
    case 'elemMatchValue':
      return { $elemMatch: Object.assign({}, ...test.tests.map(elementTest)) as PlainObject };
  }
}

function elementTest(node: Node): PlainObject {
  if (node.kind === 'field') return testOf(node.test);
  return node.kind === 'not' && node.node.kind === 'field' ? { $not: testOf(node.node.test) } : parsedQuery(node);
}
