import type { PlainObject } from './bson/build.js';

/** mongod's error codes that this server answers with, by name. */
export const CODES = {
  InternalError: 1,
  BadValue: 2,
  NoSuchKey: 4,
  GraphContainsCycle: 5,
  FailedToParse: 9,
  UserNotFound: 11,
  Unauthorized: 13,
  TypeMismatch: 14,
  Overflow: 15,
  InvalidLength: 16,
  ProtocolError: 17,
  IllegalOperation: 20,
  InvalidBSON: 22,
  NamespaceNotFound: 26,
  IndexNotFound: 27,
  PathNotViable: 28,
  CannotBackfillArray: 34,
  CannotCreateIndex: 67,
  ConflictingUpdateOperators: 40,
  CursorNotFound: 43,
  NamespaceExists: 48,
  MaxTimeMSExpired: 50,
  DollarPrefixedFieldName: 52,
  InvalidIdField: 53,
  NotSingleValueField: 54,
  EmptyFieldName: 56,
  DottedFieldName: 57,
  CommandNotFound: 59,
  ImmutableField: 66,
  InvalidOptions: 72,
  InvalidNamespace: 73,
  IndexOptionsConflict: 85,
  IndexKeySpecsConflict: 86,
  CursorInUse: 12051,
  DatabaseDifferCase: 13297,
  DocumentValidationFailure: 121,
  CommandNotSupported: 115,
  ExceededMemoryLimit: 146,
  InvalidPipelineOperator: 168,
  QueryPlanKilled: 175,
  IndexBuildAborted: 276,
  CannotIndexParallelArrays: 171,
  InvalidIndexSpecificationOption: 197,
  NotImplemented: 238,
  QueryExceededMemoryLimitNoDiskUseAllowed: 292,
  OperationFailed: 96,
  ConversionFailure: 241,
  BSONObjectTooLarge: 10334,
  OutOfDiskSpace: 14031,
  DuplicateKey: 11000,
} as const;

export type CodeName = keyof typeof CODES;

/** An error that reaches the client as mongod would send it. */
export class MongoError extends Error {
  constructor(
    readonly code: number,
    readonly codeName: string,
    message: string,
    /** Further fields of the reply, as keyPattern of a duplicate key. */
    readonly extra: PlainObject = {},
  ) {
    super(message);
  }
}

/** The same error with what was being done in front, as mongod chains causes. */
export function inContext(context: string, error: unknown): unknown {
  if (!(error instanceof MongoError)) return error;
  return new MongoError(error.code, error.codeName, `${context} :: caused by :: ${error.message}`, error.extra);
}

export function fail(name: CodeName, message: string, extra: PlainObject = {}): never {
  throw new MongoError(CODES[name], name, message, extra);
}

/** mongod's numbered errors have the name `Location<n>`. */
export function failAt(code: number, message: string): never {
  throw new MongoError(code, `Location${code}`, message);
}
