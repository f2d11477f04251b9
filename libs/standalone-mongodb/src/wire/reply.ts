import { docOf, DoubleOf, type PlainObject } from '../bson/build.js';
import type { Doc } from '../bson/document.js';
import { MongoError } from '../errors.js';

const OK = new DoubleOf(1);
const NOT_OK = new DoubleOf(0);

export function okReply(fields: PlainObject = {}): Doc {
  return docOf({ ...fields, ok: OK });
}

export function errorReply(error: unknown): Doc {
  if (error instanceof MongoError) {
    return docOf({ ok: NOT_OK, errmsg: error.message, code: error.code, codeName: error.codeName, ...error.extra });
  }
  const message = error instanceof Error ? error.message : String(error);
  return docOf({ ok: NOT_OK, errmsg: message, code: 1, codeName: 'InternalError' });
}
