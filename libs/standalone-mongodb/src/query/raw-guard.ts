import { BsonType } from '../bson/scalars.js';
import { decodeScalar } from '../bson/decode.js';
import { cstringEnd, locate, Place } from '../bson/locate.js';
import { isPlain, type PlainType } from '../bson/raw-key.js';
import { valueEnd } from '../bson/skip.js';
import type { ComparisonOp } from './ast.js';
import { holds, singleTest } from './tests.js';

const DOT = 0x2e;
const DOLLAR = 0x24;

/** A test of one top-level field, `{field: value}` or `{field: {$lt: value}}`, held as it stands in a filter's bytes. */
export class RawGuard {
  #buf: Buffer = Buffer.alloc(0);
  #nameStart = 0;
  #nameEnd = 0;
  #op: ComparisonOp | 'exists' | 'missing' = 'eq';
  readonly #wanted = new Place();
  readonly #found = new Place();

  /** Takes the field whose name begins at `nameStart`; false when the test is not one of those that are known here. */
  read(buf: Buffer, type: BsonType, nameStart: number, nameEnd: number): boolean {
    if (nameStart === nameEnd || buf[nameStart] === DOLLAR) return false;
    for (let i = nameStart; i < nameEnd; i += 1) if (buf[i] === DOT) return false;
    this.#buf = buf;
    this.#nameStart = nameStart;
    this.#nameEnd = nameEnd;
    if (type === BsonType.Object) return this.#readOperator(nameEnd + 1);
    this.#op = 'eq';
    return this.#want(type, nameEnd + 1);
  }

  #want(type: BsonType, at: number): boolean {
    this.#wanted.type = type;
    this.#wanted.at = at;
    return isPlain(type);
  }

  /** A document of one operator. */
  #readOperator(start: number): boolean {
    const buf = this.#buf;
    const end = start + buf.readInt32LE(start) - 1;
    if (end === start + 4) return false;
    const type = buf[start + 4] as BsonType;
    const nameEnd = cstringEnd(buf, start + 5);
    const at = nameEnd + 1;
    if (valueEnd(buf, type, at) !== end) return false;
    switch (buf.toString('latin1', start + 5, nameEnd)) {
      case '$lt':
        this.#op = 'lt';
        return this.#want(type, at);
      case '$lte':
        this.#op = 'lte';
        return this.#want(type, at);
      case '$gt':
        this.#op = 'gt';
        return this.#want(type, at);
      case '$gte':
        this.#op = 'gte';
        return this.#want(type, at);
      case '$exists':
        this.#op = buf[at] === 1 ? 'exists' : 'missing';
        return type === BsonType.Boolean;
      default:
        return false;
    }
  }

  /** Whether a document passes; undefined when only the general matcher knows. */
  test(doc: Buffer, start: number): boolean | undefined {
    const found = this.#found;
    const present = locate(doc, start, this.#buf, this.#nameStart, this.#nameEnd, found);
    const op = this.#op;
    if (op === 'exists') return present;
    if (op === 'missing') return !present;
    const wanted = this.#wanted;
    if (!present) return singleTest({ op, value: this.#value() })(undefined);
    if (found.type === BsonType.Int64 && wanted.type === BsonType.Int64) {
      return holds(op, compareInt64(doc, found.at, this.#buf, wanted.at));
    }
    if (!isPlain(found.type)) return undefined;
    return singleTest({ op, value: this.#value() })(decodeScalar(doc, found.type, found.at));
  }

  #value() {
    return decodeScalar(this.#buf, this.#wanted.type as PlainType, this.#wanted.at);
  }
}

function compareInt64(a: Buffer, aAt: number, b: Buffer, bAt: number): number {
  return a.readInt32LE(aAt + 4) - b.readInt32LE(bAt + 4) || a.readUInt32LE(aAt) - b.readUInt32LE(bAt);
}
