import { docOf } from '../bson/build.js';
import { Arr, Doc } from '../bson/document.js';
import { DateTime, typeName, type Value } from '../bson/values.js';
import { fail, failAt } from '../errors.js';
import { specOf } from '../storage/index-info.js';
import type { Collection } from '../storage/collection.js';
import { compileExpression, withScope, type Variables } from './expression.js';

/** Stages that make documents of their own, and may only come first. */
export function sourceStage(
  stage: Value | undefined,
  collection: Collection | undefined,
  variables: Variables,
): readonly Doc[] | undefined {
  const field = stage instanceof Doc ? stage.fields[0] : undefined;
  if (field === undefined) return undefined;
  switch (field.name) {
    case '$documents':
      return documentsOf(field.value, variables);
    case '$indexStats':
      return indexStats(field.value, collection);
    case '$collStats':
      return [collStats(field.value, collection)];
  }
  return undefined;
}

function documentsOf(value: Value, variables: Variables): readonly Doc[] {
  const list = withScope(variables, () => compileExpression(value))(Doc.EMPTY, variables);
  if (!(list instanceof Arr)) {
    return failAt(5858203, `$documents: expected an array, but found ${typeName(list)}`);
  }
  return list.items.map((item) =>
    item instanceof Doc ? item : failAt(40228, `$documents must be an array of objects, but found ${typeName(item)}`),
  );
}

const started = new DateTime(BigInt(Date.now()));

function indexStats(value: Value, collection: Collection | undefined): readonly Doc[] {
  if (!(value instanceof Doc) || !value.isEmpty)
    failAt(28803, 'The $indexStats stage specification must be an empty object');
  return (collection?.indexes ?? []).map((index) =>
    docOf({
      name: index.name,
      key: index.key,
      host: 'localhost',
      accesses: { ops: 0n, since: started },
      spec: specOf(index),
    }),
  );
}

function collStats(value: Value, collection: Collection | undefined): Doc {
  if (!(value instanceof Doc))
    return fail('FailedToParse', `$collStats must take a nested object but found: ${typeName(value)}`);
  for (const { name } of value.fields) {
    if (name === 'latencyStats' || name === 'queryExecStats') {
      fail('NotImplemented', `standalone mode has no $collStats option '${name}'`);
    }
    if (name !== 'count' && name !== 'storageStats')
      failAt(40415, `BSON field '$collStats.${name}' is an unknown field.`);
  }
  if (collection === undefined) return fail('NamespaceNotFound', 'Collection of $collStats not found.');
  const { indexes, namespace } = collection;
  const { count, bytes: size } = collection.size;
  const storage = {
    ...{ size, count, avgObjSize: count > 0 ? Math.floor(size / count) : undefined, numOrphanDocs: 0 },
    ...{ storageSize: size, freeStorageSize: 0, capped: false, nindexes: indexes.length },
    indexBuilds: [],
    totalIndexSize: 0,
    totalSize: size,
    indexSizes: Object.fromEntries(indexes.map((index) => [index.name, 0])),
    scaleFactor: 1,
  };
  return docOf({
    ns: namespace,
    host: 'localhost',
    localTime: new DateTime(BigInt(Date.now())),
    count: value.has('count') ? count : undefined,
    storageStats: value.has('storageStats') ? storage : undefined,
  });
}
