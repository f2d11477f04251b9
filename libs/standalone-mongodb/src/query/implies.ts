import { compareValues } from '../bson/compare.js';
import type { Doc } from '../bson/document.js';
import type { Node, Test } from './ast.js';
import { conjuncts } from './bounds.js';
import { parseFilter } from './parse-filter.js';
import { singleTest } from './tests.js';

/** Whether all that `query` matches is surely within a partial index's expression. Cautious: false when unsure. */
export function implies(query: Node, partial: Doc): boolean {
  const wanted = parseFilter(partial);
  const asked = conjuncts(query);
  return flatten(wanted).every((node) => {
    if (node.kind !== 'field') return false;
    return (asked.get(node.path) ?? []).some((test) => testImplies(test, node.test));
  });
}

function flatten(node: Node): readonly Node[] {
  return node.kind === 'and' ? node.nodes.flatMap(flatten) : [node];
}

function testImplies(test: Test, wanted: Test): boolean {
  if (wanted.op === 'exists') return isPresent(test);
  if (test.op === 'eq') return isSingle(wanted) && test.value !== null && singleTest(wanted)(test.value);
  if (test.op === 'in') {
    return (
      isSingle(wanted) &&
      test.patterns.length === 0 &&
      test.values.every((value) => value !== null && singleTest(wanted)(value))
    );
  }
  return rangeImplies(test, wanted);
}

function isPresent(test: Test): boolean {
  if (test.op === 'in') return test.patterns.length === 0 && test.values.every((value) => value !== null);
  if ('value' in test) return test.value !== null && typeof test.value !== 'object';
  return test.op === 'exists' || test.op === 'regex';
}

function isSingle(test: Test): test is Exclude<Test, { op: 'size' | 'elemMatchObject' | 'elemMatchValue' }> {
  return test.op !== 'size' && test.op !== 'elemMatchObject' && test.op !== 'elemMatchValue';
}

function rangeImplies(test: Test, wanted: Test): boolean {
  const isLow = test.op === 'gt' || test.op === 'gte';
  const isHigh = test.op === 'lt' || test.op === 'lte';
  if (isLow && (wanted.op === 'gt' || wanted.op === 'gte')) {
    if (typeof test.value !== typeof wanted.value) return false;
    const order = compareValues(test.value, wanted.value);
    return order > 0 || (order === 0 && (wanted.op === 'gte' || test.op === 'gt'));
  }
  if (isHigh && (wanted.op === 'lt' || wanted.op === 'lte')) {
    if (typeof test.value !== typeof wanted.value) return false;
    const order = compareValues(test.value, wanted.value);
    return order < 0 || (order === 0 && (wanted.op === 'lte' || test.op === 'lt'));
  }
  return false;
}
