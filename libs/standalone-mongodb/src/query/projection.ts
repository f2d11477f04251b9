import { Arr, Doc, Field } from '../bson/document.js';
import { toDouble } from '../bson/numbers.js';
import { isNumber, type Maybe, type Value } from '../bson/values.js';
import { fail, failAt } from '../errors.js';
import {
  checkFieldPath,
  compileExpression,
  isExpressionName,
  type Expression,
  type Variables,
} from '../aggregate/expression.js';
import { shellText } from './shell-text.js';

/** What becomes of a field: kept, dropped, computed, cut, or looked into. */
type Rule =
  | { readonly kind: 'keep' }
  | { readonly kind: 'drop' }
  | { readonly kind: 'compute'; readonly expression: Expression }
  | { readonly kind: SpecialRule['kind']; readonly apply: (value: Maybe, doc: Doc) => Maybe }
  | { readonly kind: 'tree'; readonly rules: ReadonlyMap<string, Rule> };

/** Special projections of find: `$slice`, `$elemMatch`; undefined when the value is none. */
export type SpecialParser = (path: string, value: Doc, nested: boolean) => SpecialRule | undefined;
export interface SpecialRule {
  readonly kind: 'slice' | 'elemMatch';
  readonly apply: (value: Maybe, doc: Doc) => Maybe;
}

type Mode = 'inclusion' | 'exclusion';

export type Projector = (doc: Doc, variables: Variables) => Doc;

/** What has been seen of a specification so far. */
interface Parsing {
  readonly special: SpecialParser | undefined;
  mode: Mode | undefined;
  slices: boolean;
  elemMatches: boolean;
  id: boolean | undefined;
  idGiven: boolean;
}

/** Compiles the specification of find's projection, `$project`, or `$unset`. */
export function compileProjection(spec: Doc, special?: SpecialParser): Projector {
  const rules = new Map<string, Rule>();
  const seen: Parsing = {
    ...{ special, mode: undefined, slices: false, elemMatches: false },
    ...{ id: undefined, idGiven: false },
  };
  for (const field of spec.fields) {
    seen.idGiven ||= field.name === '_id' || field.name.startsWith('_id.');
    addRule(rules, field, [], seen);
  }
  const mode = seen.mode ?? undecided(seen);
  if (mode === 'inclusion' && !seen.idGiven) rules.set('_id', { kind: 'keep' });
  return (doc, variables) => Doc.of(apply(doc, rules, mode, { root: doc, variables }));
}

/** What a specification is that neither includes nor excludes but _id. */
function undecided({ slices, elemMatches, id }: Parsing): Mode {
  if (slices) return id === true ? 'inclusion' : 'exclusion';
  return elemMatches || id === true ? 'inclusion' : 'exclusion';
}

function isFlag(value: Value): boolean {
  return isNumber(value) || typeof value === 'boolean';
}

function isTrue(value: Value): boolean {
  return isNumber(value) ? toDouble(value) !== 0 : value === true;
}

function addRule(rules: Map<string, Rule>, { name, value }: Field, above: readonly string[], seen: Parsing): void {
  if (isPositional(name) && seen.special === undefined) {
    failAt(31324, 'Cannot use positional projection in aggregation projection');
  }
  checkFieldPath(name);
  const parts = [...above, ...name.split('.')];
  if (isFlag(value)) {
    place(rules, parts, parts.join('.'), { kind: isTrue(value) ? 'keep' : 'drop' });
    decide(name, isTrue(value) ? 'inclusion' : 'exclusion', above.length === 0, seen);
  } else if (value instanceof Doc) {
    addDocument(rules, { name, value }, parts, above.length > 0, seen);
  } else {
    place(rules, parts, parts.join('.'), { kind: 'compute', expression: compileExpression(value) });
    if (seen.mode === 'exclusion') {
      failAt(31310, `Cannot use an expression ${name}: ${shellText(value)} in an exclusion projection`);
    }
    seen.mode = 'inclusion';
  }
}

export function isPositional(name: string): boolean {
  return name.endsWith('.$') || name.includes('.$.');
}

/** What is included or excluded decides for all; `_id` goes with both. */
function decide(name: string, mode: Mode, atTop: boolean, seen: Parsing): void {
  if (atTop && name === '_id') {
    seen.id = mode === 'inclusion';
    return;
  }
  if (seen.mode !== undefined && seen.mode !== mode) {
    const [code, other] = mode === 'inclusion' ? [31253, 'exclusion'] : [31254, 'inclusion'];
    failAt(code, `Cannot do ${mode} on field ${name} in ${other} projection`);
  }
  seen.mode = mode;
}

/** An expression, one of find's own, or names below. */
function addDocument(
  rules: Map<string, Rule>,
  { name, value }: { readonly name: string; readonly value: Doc },
  parts: readonly string[],
  nested: boolean,
  seen: Parsing,
): void {
  const path = parts.join('.');
  const operator = value.fields.length === 1 ? value.first?.name : undefined;
  if (operator?.startsWith('$') === true) {
    const special = seen.special?.(path, value, nested || name.includes('.'));
    if (special !== undefined) {
      seen.slices ||= special.kind === 'slice';
      seen.elemMatches ||= special.kind === 'elemMatch';
      place(rules, parts, path, special);
      return;
    }
    if (operator === '$elemMatch') fail('InvalidPipelineOperator', 'Cannot use $elemMatch in this context');
    if (!isExpressionName(operator)) failAt(31325, `Unknown expression ${operator}`);
    if (seen.mode === 'exclusion') failAt(31252, 'Cannot use expression other than $meta in exclusion projection');
    seen.mode = 'inclusion';
    place(rules, parts, path, { kind: 'compute', expression: compileExpression(value) });
    return;
  }
  if (value.isEmpty) failAt(51270, `An empty sub-projection is not a valid value. Found empty object at path`);
  for (const field of value.fields) addRule(rules, field, parts, seen);
}

function place(rules: Map<string, Rule>, parts: readonly string[], path: string, rule: Rule): void {
  const [first, ...rest] = parts as [string, ...string[]];
  const existing = rules.get(first);
  if (rest.length === 0) {
    if (existing !== undefined) failAt(31250, `Path collision at ${path}`);
    rules.set(first, rule);
    return;
  }
  if (existing !== undefined && existing.kind !== 'tree') {
    failAt(31249, `Path collision at ${path} remaining portion ${rest.join('.')}`);
  }
  const inner = (existing?.rules ?? new Map()) as Map<string, Rule>;
  rules.set(first, { kind: 'tree', rules: inner });
  place(inner, rest, path, rule);
}

interface Context {
  readonly root: Doc;
  readonly variables: Variables;
}

/** Kept fields stay in the document's order; computed ones, also those of names that it has, follow in the specification's. */
function apply(doc: Doc, rules: ReadonlyMap<string, Rule>, mode: Mode, context: Context): Field[] {
  const out: Field[] = [];
  const done = new Set<string>();
  for (const field of doc.fields) {
    const rule = rules.get(field.name);
    if (rule === undefined) {
      if (mode === 'exclusion') out.push(field);
      continue;
    }
    if (mode === 'inclusion' && comesLast(rule)) continue;
    done.add(field.name);
    const kept = applyRule(field, rule, mode, context);
    if (kept !== undefined) out.push(kept);
  }
  for (const [name, rule] of rules) {
    if (done.has(name)) continue;
    const value = rule.kind === 'elemMatch' ? rule.apply(doc.get(name), doc) : computedValue(rule, context);
    if (value !== undefined) out.push(Field.of(name, value));
  }
  return out;
}

function comesLast(rule: Rule): boolean {
  return rule.kind === 'compute' || rule.kind === 'elemMatch';
}

function applyRule(field: Field, rule: Rule, mode: Mode, context: Context): Field | undefined {
  switch (rule.kind) {
    case 'keep':
      return field;
    case 'drop':
      return undefined;
    case 'compute':
      return fieldOf(field.name, rule.expression(context.root, context.variables));
    case 'slice':
    case 'elemMatch':
      return fieldOf(field.name, rule.apply(field.value, context.root));
    case 'tree':
      return applyTree(field, rule.rules, mode, context);
  }
}

function fieldOf(name: string, value: Maybe): Field | undefined {
  return value === undefined ? undefined : Field.of(name, value);
}

function applyTree(field: Field, rules: ReadonlyMap<string, Rule>, mode: Mode, context: Context): Field | undefined {
  const value = field.value;
  if (value instanceof Doc) return Field.of(field.name, Doc.of(apply(value, rules, mode, context)));
  if (value instanceof Arr) return Field.of(field.name, applyToArray(value, rules, mode, context));
  if (mode === 'exclusion') return field;
  const computed = computedValue({ kind: 'tree', rules }, context);
  return fieldOf(field.name, computed);
}

function applyToArray(array: Arr, rules: ReadonlyMap<string, Rule>, mode: Mode, context: Context): Arr {
  const items: Value[] = [];
  for (const item of array.items) {
    if (item instanceof Doc) items.push(Doc.of(apply(item, rules, mode, context)));
    else if (item instanceof Arr) items.push(applyToArray(item, rules, mode, context));
    else {
      const instead = mode === 'exclusion' ? item : computedValue({ kind: 'tree', rules }, context);
      if (instead !== undefined) items.push(instead);
    }
  }
  return Arr.of(items);
}

/** The value of a rule for a field that the document does not have. */
function computedValue(rule: Rule, context: Context): Maybe {
  if (rule.kind === 'compute') return rule.expression(context.root, context.variables);
  if (rule.kind !== 'tree') return undefined;
  const fields: Field[] = [];
  let computes = false;
  for (const [name, inner] of rule.rules) {
    const value = computedValue(inner, context);
    computes ||= containsCompute(inner);
    if (value !== undefined) fields.push(Field.of(name, value));
  }
  return computes ? Doc.of(fields) : undefined;
}

function containsCompute(rule: Rule): boolean {
  return rule.kind === 'compute' || (rule.kind === 'tree' && [...rule.rules.values()].some(containsCompute));
}
