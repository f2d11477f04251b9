import { canonicalOf } from '../bson/compare.js';
import { typeOf } from '../bson/values.js';
import type { Node, Test } from './ast.js';
import { conjuncts, isEdge, type FieldBounds } from './bounds.js';
import type { IndexPlan } from './planner.js';

/** Whether an index plan's keys are those of the matching documents and no others: then counting needs no document. */
export function coversFilter(plan: IndexPlan, node: Node): boolean {
  const { index } = plan;
  const isMultikey = index.multikey.includes(true);
  // Keys of two fields under one array say too little; a number in a path may be a position or a name.
  if (index.hashed || (isMultikey && (index.fields.length > 1 || /\.\d/.test(index.fields[0] as string)))) return false;
  if (!hasOnlyFields(node)) return false;
  for (const [path, tests] of conjuncts(node)) {
    const bounds = plan.bounds[index.fields.indexOf(path)];
    if (bounds === undefined || (isMultikey && tests.length > 1) || !sayAll(bounds, tests)) return false;
  }
  return true;
}

function hasOnlyFields(node: Node): boolean {
  return node.kind === 'field' || (node.kind === 'and' && node.nodes.every(hasOnlyFields));
}

function sayAll(bounds: FieldBounds, tests: readonly Test[]): boolean {
  if (bounds.kind === 'points') {
    const [test] = tests;
    // Missing fields have the key of null, and match or not.
    if (tests.length !== 1 || bounds.values.includes(null)) return false;
    return test?.op === 'eq' || (test?.op === 'in' && test.patterns.length === 0);
  }
  const places = new Set(tests.map(placeOf));
  return places.size === 1 && !places.has(undefined);
}

/** The place in BSON's order of what a range test compares with; undefined for other tests. */
function placeOf(test: Test): number | undefined {
  return 'value' in test && test.op !== 'eq' && isEdge(test.value) ? canonicalOf(typeOf(test.value)) : undefined;
}
