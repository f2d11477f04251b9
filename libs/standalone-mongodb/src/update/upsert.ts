import { randomBytes } from 'node:crypto';
import { Doc, Field } from '../bson/document.js';
import { compareValues } from '../bson/compare.js';
import { ObjectId, type Value } from '../bson/values.js';
import { encodeDoc } from '../bson/encode.js';
import { fail, failAt } from '../errors.js';
import { MAX_DOCUMENT_BYTES } from '../wire/message.js';
import type { Node } from '../query/ast.js';
import { changeAt } from './tree.js';
import { withTimestamps } from './timestamps.js';
import { checkId, type Update } from './update.js';

/** The document that an upsert inserts: the filter's equalities, then the update; _id first. */
export function upsertDocument(node: Node, update: Update): Doc {
  const equalities = new Map<string, { parts: readonly string[]; value: Value }>();
  collect(node, equalities);
  const id = equalities.get('_id');
  let seed = Doc.EMPTY;
  for (const { parts, value } of equalities.values()) {
    if (update.kind === 'replacement' && parts[0] !== '_id') continue;
    seed = changeAt(seed, parts, true, () => value);
  }
  const made = update.apply(seed, { offset: undefined, inserting: true });
  const doc = Doc.raw(encodeDoc(withId(made, id?.value)));
  if (doc.rawLength > MAX_DOCUMENT_BYTES) failAt(17420, `Document to upsert is larger than ${MAX_DOCUMENT_BYTES}`);
  return doc;
}

function withId(doc: Doc, fromQuery: Value | undefined): Doc {
  const id = doc.get('_id') ?? fromQuery ?? newObjectId();
  checkId(id);
  if (doc.first?.name === '_id') return doc;
  return Doc.of([Field.of('_id', id), ...doc.fields.filter((field) => field.name !== '_id')]);
}

function collect(node: Node, into: Map<string, { parts: readonly string[]; value: Value }>): void {
  if (node.kind === 'and') for (const inner of node.nodes) collect(inner, into);
  if (node.kind === 'or' && node.nodes.length === 1) collect(node.nodes[0] as Node, into);
  if (node.kind !== 'field') return;
  const { test } = node;
  const value =
    test.op === 'eq'
      ? test.value
      : test.op === 'in' && test.values.length === 1 && test.patterns.length === 0
        ? test.values[0]
        : undefined;
  if (value === undefined) return;
  const known = into.get(node.path);
  if (known !== undefined && compareValues(known.value, value) !== 0) {
    fail('NotSingleValueField', `cannot infer query fields to set, path '${node.path}' is matched twice`);
  }
  for (const path of into.keys()) {
    if (path !== node.path && (path.startsWith(`${node.path}.`) || node.path.startsWith(`${path}.`))) {
      fail(
        'NotSingleValueField',
        `cannot infer query fields to set, both paths '${path}' and '${node.path}' are matched`,
      );
    }
  }
  into.set(node.path, { parts: node.parts, value });
}

const PROCESS = randomBytes(5);
let counter = randomBytes(3).readUIntBE(0, 3);

export function newObjectId(): ObjectId {
  const bytes = Buffer.allocUnsafe(12);
  bytes.writeUInt32BE(Math.floor(Date.now() / 1000), 0);
  PROCESS.copy(bytes, 4);
  counter = (counter + 1) & 0xffffff;
  bytes.writeUIntBE(counter, 9, 3);
  return new ObjectId(bytes);
}

/** A document as it is stored: with an _id, and that first; empty timestamps at the top are filled in, unless the command says not to. */
export function prepareInsert(given: Doc, keepsEmpty = false): Doc {
  const doc = keepsEmpty ? given : withTimestamps(given);
  const first = doc.first;
  if (first?.name === '_id') {
    checkId(first.value);
    return doc;
  }
  const id = doc.get('_id') ?? newObjectId();
  checkId(id);
  return Doc.of([Field.of('_id', id), ...doc.fields.filter((field) => field.name !== '_id')]);
}
