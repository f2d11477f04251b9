import { compareValues } from '../bson/compare.js';
import { Doc } from '../bson/document.js';
import { toDouble } from '../bson/numbers.js';
import { isNumber, typeName, type Value } from '../bson/values.js';
import { shellText } from '../query/shell-text.js';
import type { PlainObject } from '../bson/build.js';
import { fail, failAt } from '../errors.js';
import type { Collection } from '../storage/collection.js';
import type { IndexInfo } from '../storage/index-info.js';
import { checkExpire } from '../storage/index-spec.js';
import { checkValidatorOptions, withOption } from '../storage/validator.js';
import { okReply } from '../wire/reply.js';
import type { Command } from './registry.js';

const REFUSED = ['viewOn', 'pipeline', 'expireAfterSeconds', 'timeseries', 'cappedSize', 'cappedMax'];
const VALIDATION = ['validator', 'validationLevel', 'validationAction'];

/** Changes a collection's validator, or an index's `hidden` and `expireAfterSeconds`. */
const collMod: Command = (context) =>
  context.env.write(() => {
    for (const name of [...REFUSED, 'changeStreamPreAndPostImages']) {
      if (context.arg(name) !== undefined) fail('NotImplemented', `standalone mode has no collMod option '${name}'`);
    }
    const collection = context.collection();
    if (collection === undefined) return fail('NamespaceNotFound', `ns does not exist: ${context.namespace}`);
    checkValidatorOptions(context.body);
    const index = context.doc('index');
    const changed = index === undefined ? {} : changeIndex(collection, index);
    const given = context.body.fields.filter((field) => VALIDATION.includes(field.name));
    if (given.length > 0) {
      collection.setOptions(given.reduce((options, field) => withOption(options, field), collection.options));
    }
    return okReply(changed);
  });

const INDEX_FIELDS = ['name', 'keyPattern', 'expireAfterSeconds', 'hidden', 'unique', 'prepareUnique'];

function changeIndex(collection: Collection, spec: Doc): PlainObject {
  for (const { name } of spec.fields) {
    if (!INDEX_FIELDS.includes(name)) failAt(40415, `BSON field 'collMod.index.${name}' is an unknown field.`);
    if (name === 'unique' || name === 'prepareUnique') {
      fail('NotImplemented', `standalone mode has no collMod option 'index.${name}'`);
    }
  }
  const index = wantedIndex(collection, spec);
  const [expire, hidden] = [spec.get('expireAfterSeconds'), spec.get('hidden')];
  if (expire === undefined && hidden === undefined) {
    fail('InvalidOptions', 'no expireAfterSeconds, hidden, unique, or prepareUnique field');
  }
  let next = index;
  const reply: Record<string, PlainObject[string]> = {};
  if (expire !== undefined) {
    checkExpire(expire);
    if (index.fields.length > 1 || index === collection.idIndex) {
      fail('InvalidOptions', 'TTL indexes are single-field indexes, compound indexes do not support TTL.');
    }
    next = { ...next, expireAfterSeconds: toDouble(expire as number) };
    if (index.expireAfterSeconds !== undefined) reply['expireAfterSeconds_old'] = BigInt(index.expireAfterSeconds);
    reply['expireAfterSeconds_new'] = BigInt(Math.trunc(toDouble(expire as number)));
  }
  if (hidden !== undefined) {
    const wanted = isNumber(hidden) ? toDouble(hidden) !== 0 : hidden === true;
    if (index === collection.idIndex) fail('BadValue', "can't hide _id index");
    if (index.hidden !== wanted) {
      next = { ...next, hidden: wanted };
      reply['hidden_old'] = index.hidden;
      reply['hidden_new'] = wanted;
    }
  }
  collection.setIndexes(collection.indexes.map((known) => (known === index ? next : known)));
  return reply;
}

function wantedIndex(collection: Collection, spec: Doc): IndexInfo {
  const [name, keyPattern] = [spec.get('name'), spec.get('keyPattern')];
  if ((name === undefined) === (keyPattern === undefined)) {
    fail(
      'InvalidOptions',
      name === undefined
        ? 'must specify either index name or key pattern'
        : 'Cannot specify both key pattern and name.',
    );
  }
  const found = collection.indexes.filter((index) =>
    typeof name === 'string'
      ? index.name === name
      : keyPattern instanceof Doc && compareValues(index.key, keyPattern) === 0,
  );
  const [index] = found;
  return (
    index ?? fail('IndexNotFound', `cannot find index ${describe(name ?? keyPattern)} for ns ${collection.namespace}`)
  );
}

function describe(value: Value | undefined): string {
  if (value instanceof Doc) return shellText(value);
  return typeof value === 'string' ? value : typeName(value);
}

export const collModCommands: Readonly<Record<string, Command>> = { collMod };
