import { Arr, Doc, Field } from '../bson/document.js';
import { type Maybe, type Value } from '../bson/values.js';
import type { Variables } from '../aggregate/expression.js';
import type { Node, Test } from './ast.js';
import { parseFilter } from './parse-filter.js';
import { visitPath } from './path.js';
import { singleTest } from './tests.js';

/** What a match found: the index that a positional `$` stands for. */
export interface MatchDetails {
  offset?: number | undefined;
}

type Matcher = (doc: Doc, details: MatchDetails | undefined) => boolean;

/** A parsed and compiled query filter. */
export class Filter {
  readonly #match: Matcher;

  constructor(readonly node: Node) {
    this.#match = compile(node);
  }

  /** Whether the document matches; `details.offset` receives the array position that matched. */
  matches(doc: Doc, details?: MatchDetails): boolean {
    return this.#match(doc, details);
  }
}

export function compileFilter(filter: Doc, variables?: Variables): Filter {
  return new Filter(parseFilter(filter, variables));
}

export function compile(node: Node): Matcher {
  switch (node.kind) {
    case 'always':
      return () => node.value;
    case 'custom':
      return (doc) => node.matches(doc);
    case 'not': {
      const inner = compile(node.node);
      return (doc) => !inner(doc, undefined);
    }
    case 'or':
      return compileOr(node.nodes);
    case 'and':
    case 'nor':
      return compileBranches(node.kind, node.nodes.map(compile));
    case 'field':
      return compileField(node.parts, node.test);
  }
}

/** Of an `$or` no position is told, unless it stands for its only branch or for an `$in`. */
function compileOr(nodes: readonly Node[]): Matcher {
  const [first] = nodes;
  if (first !== undefined && nodes.length === 1) return compile(first);
  const path = first?.kind === 'field' ? first.path : undefined;
  const values: Value[] = [];
  for (const node of nodes) {
    if (node.kind !== 'field' || node.path !== path || node.test.op !== 'eq') {
      return compileBranches('or', nodes.map(compile));
    }
    values.push(node.test.value);
  }
  const { parts } = first as Extract<Node, { kind: 'field' }>;
  return compileField(parts, { op: 'in', values, patterns: [] });
}

function compileBranches(kind: 'and' | 'or' | 'nor', matchers: readonly Matcher[]): Matcher {
  switch (kind) {
    case 'and':
      return (doc, details) => {
        for (const matcher of matchers) if (!matcher(doc, details)) return false;
        return true;
      };
    case 'or':
      return (doc) => {
        for (const matcher of matchers) if (matcher(doc, undefined)) return true;
        return false;
      };
    case 'nor':
      return (doc) => {
        for (const matcher of matchers) if (matcher(doc, undefined)) return false;
        return true;
      };
  }
}

function compileField(parts: readonly string[], test: Test): Matcher {
  if (test.op === 'size') return onWholeArray(parts, (array) => array.items.length === test.size);
  if (test.op === 'elemMatchObject') {
    const inner = compile(test.filter);
    return onElements(parts, (item) => (item instanceof Doc || item instanceof Arr) && inner(asDoc(item), undefined));
  }
  if (test.op === 'elemMatchValue') {
    const tests = test.tests.map(valueTest);
    return onElements(parts, (item) => tests.every((check) => check(item)));
  }
  const check = singleTest(test);
  const only = parts.length === 1 ? (parts[0] as string) : undefined;
  return (doc, details) => {
    if (only !== undefined) {
      const value = doc.get(only);
      if (!(value instanceof Arr)) return check(value);
    }
    return visitPath(doc, parts, true, (value, offset) => {
      if (!check(value)) return false;
      if (details !== undefined) details.offset = offset ?? details.offset;
      return true;
    });
  };
}

function onWholeArray(parts: readonly string[], check: (array: Arr) => boolean): Matcher {
  return (doc) => visitPath(doc, parts, false, (value) => value instanceof Arr && check(value));
}

function onElements(parts: readonly string[], check: (item: Maybe) => boolean): Matcher {
  return (doc, details) =>
    visitPath(doc, parts, false, (value, outer) => {
      if (!(value instanceof Arr)) return false;
      const found = value.items.findIndex(check);
      if (found >= 0 && details !== undefined) details.offset = outer ?? found;
      return found >= 0;
    });
}

/** An array in an array is matched as a document whose names are the positions. */
function asDoc(item: Doc | Arr): Doc {
  return item instanceof Doc ? item : Doc.of(item.fields);
}

/** The tests of `$elemMatch: {$gt: …}` look at one element itself. */
export function valueTest(node: Node): (value: Maybe) => boolean {
  switch (node.kind) {
    case 'field': {
      const { test } = node;
      if (test.op === 'size') return (value) => value instanceof Arr && value.items.length === test.size;
      if (test.op === 'elemMatchObject' || test.op === 'elemMatchValue') {
        const matcher = compileField(['v'], test);
        return (value) => value instanceof Arr && matcher(wrap(value), undefined);
      }
      return singleTest(test);
    }
    case 'not': {
      const inner = valueTest(node.node);
      return (value) => !inner(value);
    }
    case 'always':
      return () => node.value;
    case 'custom':
      return () => false;
    case 'and':
    case 'or':
    case 'nor': {
      const tests = node.nodes.map(valueTest);
      if (node.kind === 'and') return (value) => tests.every((test) => test(value));
      const wanted = node.kind === 'or';
      return (value) => tests.some((test) => test(value)) === wanted;
    }
  }
}

function wrap(value: Arr): Doc {
  return Doc.of([Field.of('v', value)]);
}
