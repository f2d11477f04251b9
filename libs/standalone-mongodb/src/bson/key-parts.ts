import { KeyBytes } from './key-bytes.js';
import { compareNumbers, exactParts, toDouble } from './numbers.js';
import { Int32, type Decimal, type NumberValue } from './values.js';

/** The key that is being built. */
export const scratch = new KeyBytes(4096);

/** Turns the order of what was appended since `start`. */
export function invert(start: number): void {
  const { bytes, end } = scratch;
  for (let i = start; i < end; i += 1) bytes[i] = ~(bytes[i] as number) & 0xff;
}

export function byte(value: number): void {
  scratch.room(1);
  scratch.bytes[scratch.end++] = value;
}

export function appendBytes(bytes: Buffer): void {
  scratch.append(bytes, 0, bytes.length);
}

export function appendInt64(value: bigint): void {
  scratch.room(8);
  scratch.end = scratch.bytes.writeBigUInt64BE(BigInt.asUintN(64, value), scratch.end);
}

/** Bytes of a text that its key writes as two: this one, and one more than they are. */
export const LAST_ESCAPED = 1;

/** How many texts have been written with such bytes so far. */
export let escapedTexts = 0;

/** UTF-8, ended by 0, which is not within: a 0 there becomes 1,1, and a 1 becomes 1,2. So no key is the beginning of another. */
export function appendText(text: string): void {
  scratch.room(text.length * 6 + 1);
  if (!text.includes('\0') && !text.includes('\x01')) {
    scratch.end += scratch.bytes.write(text, scratch.end);
  } else {
    escapedTexts += 1;
    for (const code of Buffer.from(text)) {
      if (code <= LAST_ESCAPED) scratch.bytes[scratch.end++] = LAST_ESCAPED;
      scratch.bytes[scratch.end++] = code <= LAST_ESCAPED ? code + 1 : code;
    }
  }
  scratch.bytes[scratch.end++] = 0;
}

/**
 * NaN is 0; else 1 and the greatest double at or below the value, ordered as unsigned bytes; then 0 when that is exact, or 1
 * and the decimal digits.
 */
export function appendNumber(value: NumberValue): void {
  const nearest = value instanceof Int32 ? value.value : toDouble(value);
  if (Number.isNaN(nearest)) return byte(0);
  scratch.room(10);
  scratch.bytes[scratch.end++] = 1;
  if (value instanceof Int32 || typeof value === 'number') return appendDouble(nearest, true);
  const difference = compareNumbers(value, nearest);
  if (difference === 0) return appendDouble(nearest, true);
  appendDouble(difference < 0 ? below(nearest) : nearest, false);
  appendDigits(value);
}

export function appendDouble(value: number, exact: boolean): void {
  const start = scratch.end;
  scratch.end = scratch.bytes.writeDoubleBE(value === 0 ? 0 : value, scratch.end);
  if ((scratch.bytes[start] as number) & 0x80) invert(start);
  else scratch.bytes[start] = (scratch.bytes[start] as number) | 0x80;
  scratch.bytes[scratch.end++] = exact ? 0 : 1;
}

const view = new DataView(new ArrayBuffer(8));

/** The next double towards minus infinity. */
function below(value: number): number {
  if (value === 0) return -Number.MIN_VALUE;
  if (value === Infinity) return Number.MAX_VALUE;
  view.setFloat64(0, value);
  view.setBigInt64(0, view.getBigInt64(0) + (value > 0 ? -1n : 1n));
  return view.getFloat64(0);
}

function appendDigits(value: bigint | Decimal): void {
  const parts = exactParts(value);
  if (parts.kind !== 'finite') return;
  const negative = parts.coefficient < 0n;
  const text = (negative ? -parts.coefficient : parts.coefficient).toString();
  const digits = text.replace(/0+$/, '');
  const start = scratch.end + 1;
  scratch.room(digits.length + 5);
  scratch.bytes[scratch.end++] = negative ? 0 : 1;
  scratch.end = scratch.bytes.writeUInt16BE(parts.exponent + text.length + 0x4000, scratch.end);
  scratch.end += scratch.bytes.write(digits, scratch.end, 'latin1');
  scratch.bytes[scratch.end++] = 0;
  if (negative) invert(start);
}
