import { docOf, type PlainObject } from '../bson/build.js';
import type { Doc } from '../bson/document.js';
import { MongoError } from '../errors.js';

/** An element of `writeErrors`. Errors that are not mongod's go up. */
export function writeError(index: number, error: unknown): Doc {
  if (!(error instanceof MongoError)) throw error;
  const fields: PlainObject = { index, code: error.code, errmsg: error.message, ...error.extra };
  return docOf(fields);
}

/** Runs statements in order; ordered ones stop at the first error. */
export async function runStatements<T>(
  statements: readonly T[],
  ordered: boolean,
  run: (statement: T, index: number) => Promise<void> | void,
): Promise<Doc[]> {
  const errors: Doc[] = [];
  for (let index = 0; index < statements.length; index += 1) {
    try {
      const pending = run(statements[index] as T, index);
      if (pending !== undefined) await pending;
    } catch (error) {
      errors.push(writeError(index, error));
      if (ordered) break;
    }
  }
  return errors;
}
