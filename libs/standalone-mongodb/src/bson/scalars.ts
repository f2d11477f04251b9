/** BSON's type numbers as they stand on the wire. */
export const enum BsonType {
  Double = 0x01,
  String = 0x02,
  Object = 0x03,
  Array = 0x04,
  Binary = 0x05,
  Undefined = 0x06,
  ObjectId = 0x07,
  Boolean = 0x08,
  Date = 0x09,
  Null = 0x0a,
  RegExp = 0x0b,
  DBPointer = 0x0c,
  Code = 0x0d,
  Symbol = 0x0e,
  CodeWithScope = 0x0f,
  Int32 = 0x10,
  Timestamp = 0x11,
  Int64 = 0x12,
  Decimal128 = 0x13,
  MinKey = 0xff,
  MaxKey = 0x7f,
}

export class Int32 {
  readonly type = BsonType.Int32;
  constructor(readonly value: number) {}
}

/** 16 bytes as on the wire (little endian); see decimal.ts for what they mean. */
export class Decimal {
  readonly type = BsonType.Decimal128;
  constructor(readonly bytes: Buffer) {}
}

/** Milliseconds since 1970, any int64. */
export class DateTime {
  readonly type = BsonType.Date;
  constructor(readonly ms: bigint) {}
}

export class Timestamp {
  readonly type = BsonType.Timestamp;
  /** Unsigned 64 bits: seconds in the upper half, the ordinal in the lower. */
  constructor(readonly value: bigint) {}
}

export class ObjectId {
  readonly type = BsonType.ObjectId;
  constructor(readonly bytes: Buffer) {}
}

export class Binary {
  readonly type = BsonType.Binary;
  constructor(
    readonly subtype: number,
    readonly bytes: Buffer,
  ) {}
}

export class RegExpValue {
  readonly type = BsonType.RegExp;
  constructor(
    readonly pattern: string,
    readonly flags: string,
  ) {}
}

export class Code {
  readonly type = BsonType.Code;
  constructor(readonly code: string) {}
}

export class SymbolValue {
  readonly type = BsonType.Symbol;
  constructor(readonly value: string) {}
}

export class DBPointer {
  readonly type = BsonType.DBPointer;
  constructor(
    readonly namespace: string,
    readonly id: Buffer,
  ) {}
}

export class MinKey {
  readonly type = BsonType.MinKey;
}
export class MaxKey {
  readonly type = BsonType.MaxKey;
}
/** BSON's deprecated `undefined`; a missing field is JavaScript's undefined. */
export class UndefinedValue {
  readonly type = BsonType.Undefined;
}

export const MIN_KEY = new MinKey();
export const MAX_KEY = new MaxKey();
export const UNDEFINED = new UndefinedValue();

export type NumberValue = number | bigint | Int32 | Decimal;
