import { Arr, Doc, Field } from '../bson/document.js';
import type { Maybe } from '../bson/values.js';
import { fail, inContext } from '../errors.js';
import { compile } from '../query/filter.js';
import { parseFilter } from '../query/parse-filter.js';
import type { Node } from '../query/ast.js';
import { shellText } from '../query/shell-text.js';
import { valueAt } from './tree.js';

function parsed(filter: Doc): Node {
  try {
    return parseFilter(filter, undefined, 'update');
  } catch (error) {
    throw inContext('Error parsing array filter', error);
  }
}

type ElementTest = (item: Maybe) => boolean;

/** The statement's arrayFilters by identifier. */
export class ArrayFilters {
  readonly #tests = new Map<string, ElementTest>();

  constructor(filters: Maybe) {
    if (filters === undefined || filters === null) return;
    if (!(filters instanceof Arr)) fail('TypeMismatch', "BSON field 'update.updates.arrayFilters' is the wrong type");
    for (const item of filters.items) {
      if (!(item instanceof Doc)) fail('TypeMismatch', 'each array filter must be an object');
      this.#add(item);
    }
  }

  #add(filter: Doc): void {
    const node = parsed(filter);
    const names = [...new Set(identifiers(node))];
    if (names.length === 0) {
      fail('FailedToParse', 'Cannot use an expression without a top-level field name in arrayFilters');
    }
    const [name = ''] = names;
    if (names.length > 1) {
      fail(
        'FailedToParse',
        `Error parsing array filter :: caused by :: Expected a single top-level field name, found '${name}' and '${names[1] ?? ''}'`,
      );
    }
    if (!/^[a-z][a-zA-Z0-9]*$/.test(name)) {
      fail(
        'BadValue',
        `Error parsing array filter :: caused by :: The top-level field name must be an alphanumeric string beginning with a lowercase letter, found '${name}'`,
      );
    }
    if (this.#tests.has(name)) {
      fail('FailedToParse', `Found multiple array filters with the same top-level field name ${name}`);
    }
    const matches = compile(node);
    this.#tests.set(name, (item) => matches(Doc.of(item === undefined ? [] : [Field.of(name, item)]), undefined));
  }

  get isEmpty(): boolean {
    return this.#tests.size === 0;
  }

  test(name: string, path: string): ElementTest {
    return (
      this.#tests.get(name) ?? fail('BadValue', `No array filter found for identifier '${name}' in path '${path}'`)
    );
  }

  /** mongod refuses a filter that no path names. */
  checkUsed(paths: readonly (readonly string[])[]): void {
    const used = new Set(paths.flat());
    for (const parts of paths) {
      for (const part of parts) {
        const name = identifierOf(part);
        if (name !== undefined && name !== '') this.test(name, parts.join('.'));
      }
    }
    for (const name of this.#tests.keys()) {
      if (!used.has(`$[${name}]`)) {
        fail('FailedToParse', `The array filter for identifier '${name}' was not used in the update`);
      }
    }
  }
}

function identifiers(node: Node): readonly string[] {
  switch (node.kind) {
    case 'and':
    case 'or':
    case 'nor':
      return node.nodes.flatMap(identifiers);
    case 'not':
      return identifiers(node.node);
    case 'field':
      return [node.parts[0] as string];
    case 'always':
    case 'custom':
      return [];
  }
}

function identifierOf(part: string): string | undefined {
  return part.startsWith('$[') && part.endsWith(']') ? part.slice(2, -1) : undefined;
}

/** The paths that `a.$.b`, `a.$[].b` and `a.$[id].b` stand for in a document. */
export function expandPath(
  doc: Doc,
  parts: readonly string[],
  offset: number | undefined,
  filters: ArrayFilters,
): readonly (readonly string[])[] {
  const at = parts.findIndex((part) => part === '$' || part.startsWith('$['));
  if (at < 0) return [parts];
  const head = parts.slice(0, at);
  const tail = parts.slice(at + 1);
  const part = parts[at] as string;
  if (part === '$') {
    if (offset === undefined) {
      fail('BadValue', 'The positional operator did not find the match needed from the query.');
    }
    return expandPath(doc, [...head, String(offset), ...tail], undefined, filters);
  }
  const array = valueAt(doc, head);
  if (array === undefined) {
    return fail('BadValue', `The path '${head.join('.')}' must exist in the document in order to apply array updates.`);
  }
  if (!(array instanceof Arr)) {
    const element = `${head[head.length - 1] ?? ''}: ${shellText(array)}`;
    return fail('BadValue', `Cannot apply array updates to non-array element ${element}`);
  }
  const name = identifierOf(part) ?? '';
  const test = name === '' ? () => true : filters.test(name, parts.join('.'));
  return array.items.flatMap((item, i) =>
    test(item) ? expandPath(doc, [...head, String(i), ...tail], offset, filters) : [],
  );
}
