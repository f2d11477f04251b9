import { MongoBulkWriteError, MongoServerError } from 'mongodb';

export const DUPLICATE_KEY = 11000;

/** A failure of the read store with a stable code. */
export class ReadStoreError extends Error {
  override readonly name = 'ReadStoreError';

  constructor(
    readonly code:
      | 'READ_STORE_UNAVAILABLE'
      | 'READ_STORE_WRITE_FAILED'
      | 'READ_MODEL_CHANGED'
      | 'LEASE_LOST'
      | 'DOCUMENT_UNSTORABLE',
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}

/**
 * Which of the documents of an unordered insert were not stored because their `_id` was there before.
 * @throws the error itself when it is about anything else
 */
export function takenBefore(error: unknown): ReadonlySet<number> {
  if (!(error instanceof MongoBulkWriteError) || error.result.getWriteConcernError()) throw error;
  const failures = [error.writeErrors].flat();
  if (failures.length === 0 || failures.some(({ code }) => code !== DUPLICATE_KEY)) throw error;
  return new Set(failures.map(({ index }) => index));
}

/**
 * Passes over 'duplicate `_id`', which on a guarded upsert and on an insert of an append-only document means 'already done'; everything
 * else is thrown. It is safe only because read models have no unique index but `_id`.
 */
export function ignoreAlreadyDone(error: unknown): void {
  if (error instanceof MongoBulkWriteError) {
    const failures = Array.isArray(error.writeErrors) ? error.writeErrors : [error.writeErrors];
    const other = failures.find((failure) => failure.code !== DUPLICATE_KEY);
    const concern = error.result.getWriteConcernError();
    if (failures.length > 0 && !other && !concern) return;
    const reason = other?.errmsg ?? concern?.errmsg ?? error.message;
    throw new ReadStoreError('READ_STORE_WRITE_FAILED', `A write to the read store failed: ${reason}`, {
      cause: error,
    });
  }
  if (error instanceof MongoServerError && error.code === DUPLICATE_KEY) return;
  throw error;
}
