import { Arr, Doc, Field } from '../bson/document.js';
import { toDouble } from '../bson/numbers.js';
import { isNumber, type Maybe, type Value } from '../bson/values.js';
import { failAt } from '../errors.js';
import { checkFieldPath, compileExpression, type Expression, type Variables } from '../aggregate/expression.js';

/** What becomes of a field: kept, dropped, computed, cut, or looked into. */
type Rule =
  | { readonly kind: 'keep' }
  | { readonly kind: 'drop' }
  | { readonly kind: 'compute'; readonly expression: Expression }
  | { readonly kind: 'special'; readonly apply: (value: Maybe, doc: Doc) => Maybe }
  | { readonly kind: 'tree'; readonly rules: Map<string, Rule> };

/** Special projections of find: `$slice`, `$elemMatch`; undefined when the value is none. */
export type SpecialParser = (path: string, value: Doc) => ((value: Maybe, doc: Doc) => Maybe) | undefined;

type Mode = 'inclusion' | 'exclusion';

export type Projector = (doc: Doc, variables: Variables) => Doc;

/** Compiles the specification of find's projection, `$project`, or `$unset`. */
export function compileProjection(spec: Doc, special?: SpecialParser): Projector {
  const rules = new Map<string, Rule>();
  const seen: { mode: Mode | undefined; computed: boolean } = { mode: undefined, computed: false };
  let idRule: Rule | undefined;
  for (const field of spec.fields) {
    if (field.name === '_id' && isFlag(field.value)) idRule = { kind: isTrue(field.value) ? 'keep' : 'drop' };
    else addRule(rules, field.name.split('.'), field.name, field.value, seen, special);
  }
  const mode =
    seen.mode ?? (seen.computed || (idRule?.kind === 'keep' && spec.fields.length === 1) ? 'inclusion' : undefined);
  const effective: Mode = mode ?? (idRule?.kind === 'keep' ? 'inclusion' : 'exclusion');
  if (idRule !== undefined) rules.set('_id', idRule);
  else if (effective === 'inclusion' && !rules.has('_id')) rules.set('_id', { kind: 'keep' });
  return (doc, variables) => Doc.of(apply(doc, rules, effective, { root: doc, variables }));
}

function isFlag(value: Value): boolean {
  return isNumber(value) || typeof value === 'boolean';
}

function isTrue(value: Value): boolean {
  return isNumber(value) ? toDouble(value) !== 0 : value === true;
}

function addRule(
  rules: Map<string, Rule>,
  parts: readonly string[],
  path: string,
  value: Value,
  seen: { mode: Mode | undefined; computed: boolean },
  special: SpecialParser | undefined,
): void {
  checkFieldPath(path);
  const isSubtree = value instanceof Doc && !value.isEmpty && !(value.fields[0] as Field).name.startsWith('$');
  if (isSubtree) {
    for (const field of (value as Doc).fields) {
      addRule(rules, [...parts, ...field.name.split('.')], `${path}.${field.name}`, field.value, seen, special);
    }
    return;
  }
  place(rules, parts, path, ruleOf(path, value, seen, special));
}

function ruleOf(
  path: string,
  value: Value,
  seen: { mode: Mode | undefined; computed: boolean },
  special: SpecialParser | undefined,
): Rule {
  if (isFlag(value)) {
    const mode: Mode = isTrue(value) ? 'inclusion' : 'exclusion';
    if ((seen.mode !== undefined && seen.mode !== mode) || (mode === 'exclusion' && seen.computed && !special)) {
      const [code, verb] = mode === 'inclusion' ? [31253, 'inclusion'] : [31254, 'exclusion'];
      failAt(
        code,
        `Cannot do ${verb} on field ${path} in ${mode === 'inclusion' ? 'exclusion' : 'inclusion'} projection`,
      );
    }
    seen.mode = mode;
    return { kind: mode === 'inclusion' ? 'keep' : 'drop' };
  }
  const applied = value instanceof Doc ? special?.(path, value) : undefined;
  if (applied !== undefined) {
    if ((value as Doc).has('$elemMatch')) seen.mode ??= 'inclusion';
    return { kind: 'special', apply: applied };
  }
  if (seen.mode === 'exclusion') failAt(31252, `Cannot use an expression other than $meta in exclusion projection`);
  seen.computed = true;
  seen.mode = 'inclusion';
  return { kind: 'compute', expression: compileExpression(value) };
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
  const tree = existing ?? { kind: 'tree' as const, rules: new Map<string, Rule>() };
  rules.set(first, tree);
  place(tree.rules, rest, path, rule);
}

interface Context {
  readonly root: Doc;
  readonly variables: Variables;
}

/** Kept fields stay in the document's order; computed ones that are new follow in the specification's. */
function apply(doc: Doc, rules: ReadonlyMap<string, Rule>, mode: Mode, context: Context): Field[] {
  const out: Field[] = [];
  const done = new Set<string>();
  for (const field of doc.fields) {
    const rule = rules.get(field.name);
    if (rule === undefined) {
      if (mode === 'exclusion') out.push(field);
      continue;
    }
    done.add(field.name);
    const kept = applyRule(field, rule, mode, context);
    if (kept !== undefined) out.push(kept);
  }
  for (const [name, rule] of rules) {
    if (done.has(name)) continue;
    const value = computedValue(rule, context);
    if (value !== undefined) out.push(Field.of(name, value));
  }
  return out;
}

function applyRule(field: Field, rule: Rule, mode: Mode, context: Context): Field | undefined {
  switch (rule.kind) {
    case 'keep':
      return field;
    case 'drop':
      return undefined;
    case 'compute':
      return fieldOf(field.name, rule.expression(context.root, context.variables));
    case 'special':
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
  const computed = computedValue({ kind: 'tree', rules: rules as Map<string, Rule> }, context);
  return fieldOf(field.name, computed);
}

function applyToArray(array: Arr, rules: ReadonlyMap<string, Rule>, mode: Mode, context: Context): Arr {
  const items: Value[] = [];
  for (const item of array.items) {
    if (item instanceof Doc) items.push(Doc.of(apply(item, rules, mode, context)));
    else if (item instanceof Arr) items.push(applyToArray(item, rules, mode, context));
    else if (mode === 'exclusion') items.push(item);
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
