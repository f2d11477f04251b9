import { Arr, Doc } from '../bson/document.js';
import { encodeDoc } from '../bson/encode.js';
import { Binary, Int32, isNumber, Timestamp, typeName, type Maybe } from '../bson/values.js';
import { fail, failAt } from '../errors.js';
import { operators } from './operators.js';
import { define, defineInTurn, isNullish } from './values.js';

type Bits = (a: bigint, b: bigint) => bigint;

const FOLDS: Readonly<Record<string, readonly [start: bigint, apply: Bits]>> = {
  $bitAnd: [-1n, (a, b) => a & b],
  $bitOr: [0n, (a, b) => a | b],
  $bitXor: [0n, (a, b) => a ^ b],
};

for (const [name, [start, apply]] of Object.entries(FOLDS)) {
  defineInTurn(name, (args) => {
    let bits = start;
    let long = false;
    for (const arg of args) {
      if (isNullish(arg)) return null;
      if (!(arg instanceof Int32) && typeof arg !== 'bigint') {
        return fail('TypeMismatch', `${name} only supports int and long operands.`);
      }
      long ||= typeof arg === 'bigint';
      bits = apply(bits, BigInt(arg instanceof Int32 ? arg.value : arg));
    }
    return long ? bits : new Int32(Number(bits));
  });
}

define('$bitNot', 1, (a) => {
  if (isNullish(a)) return null;
  if (a instanceof Int32) return new Int32(~a.value);
  if (typeof a === 'bigint') return ~a;
  if (isNumber(a)) return fail('TypeMismatch', `$bitNot only supports int and long, not: ${typeName(a)}.`);
  return failAt(28765, `$bitNot only supports numeric types, not ${typeName(a)}`);
});

define('$bsonSize', 1, (a) => {
  if (isNullish(a)) return null;
  if (!(a instanceof Doc)) return failAt(31393, `$bsonSize requires a document input, found: ${typeName(a)}`);
  return new Int32(encodeDoc(a).length);
});

define('$binarySize', 1, (a) => {
  if (isNullish(a)) return null;
  if (typeof a === 'string') return new Int32(Buffer.byteLength(a));
  if (a instanceof Binary) return new Int32(a.bytes.length);
  return failAt(51276, `$binarySize requires a string or BinData argument, found: ${typeName(a)}`);
});

const TIMESTAMP_PARTS: Readonly<Record<string, readonly [code: number, part: (value: bigint) => bigint]>> = {
  $tsSecond: [5687301, (value) => value >> 32n],
  $tsIncrement: [5687302, (value) => value & 0xffffffffn],
};

for (const [name, [code, part]] of Object.entries(TIMESTAMP_PARTS)) {
  define(name, 1, (a): Maybe => {
    if (isNullish(a)) return null;
    // The message begins with a blank, as mongod's does.
    if (!(a instanceof Timestamp))
      return failAt(code, ` Argument to ${name} must be a timestamp, but is ${typeName(a)}`);
    return part(a.value);
  });
}

operators.set('$rand', (argument) => {
  const empty =
    (argument instanceof Doc && argument.isEmpty) || (argument instanceof Arr && argument.items.length === 0);
  if (!empty) failAt(3040501, '$rand does not currently accept arguments');
  return () => Math.random();
});
