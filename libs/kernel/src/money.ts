import { DomainError } from './errors.js';

/** An amount in code (D1): minor units (fen for CNY) as a bigint, never a float. */
export interface Money {
  readonly currency: string;
  readonly minor: bigint;
}

/** An amount in events and JSON (D1): minor units as a decimal string. */
export interface MoneyJson {
  readonly currency: string;
  readonly minor: string;
}

/** The largest amount and the largest total: int64 in the read models (D1). */
export const MAX_MINOR = 2n ** 63n - 1n;

const CURRENCY = /^[A-Z]{3}$/;
const DECIMAL = /^(?:0|-?[1-9][0-9]{0,18})$/;

/** @throws DomainError CURRENCY_INVALID unless three capital letters (ISO 4217). */
export function parseCurrency(text: string): string {
  if (!CURRENCY.test(text)) throw new DomainError('CURRENCY_INVALID', `Not a currency code: ${shorten(text)}`);
  return text;
}

export function money(currency: string, minor: bigint): Money {
  return { currency, minor: withinRange(minor) };
}

export function moneyToJson(m: Money): MoneyJson {
  return { currency: m.currency, minor: withinRange(m.minor).toString() };
}

/** @throws DomainError AMOUNT_INVALID, AMOUNT_TOO_LARGE or CURRENCY_INVALID: only the canonical form is read. */
export function moneyFromJson(j: MoneyJson): Money {
  if (typeof j?.minor !== 'string' || !DECIMAL.test(j.minor))
    throw new DomainError('AMOUNT_INVALID', 'Not an amount of minor units');
  return { currency: parseCurrency(j.currency), minor: withinRange(BigInt(j.minor)) };
}

/** @throws DomainError CURRENCY_MISMATCH or AMOUNT_TOO_LARGE. */
export function addMoney(a: Money, b: Money): Money {
  return { currency: sameCurrency(a, b), minor: withinRange(a.minor + b.minor) };
}

/** @throws DomainError CURRENCY_MISMATCH or AMOUNT_TOO_LARGE. */
export function subtractMoney(a: Money, b: Money): Money {
  return { currency: sameCurrency(a, b), minor: withinRange(a.minor - b.minor) };
}

/** Negative, zero or positive, as sort callbacks want it. @throws DomainError CURRENCY_MISMATCH. */
export function compareMoney(a: Money, b: Money): number {
  sameCurrency(a, b);
  return a.minor < b.minor ? -1 : a.minor > b.minor ? 1 : 0;
}

export function sumMoney(currency: string, amounts: Iterable<Money>): Money {
  let total: Money = { currency, minor: 0n };
  for (const amount of amounts) total = addMoney(total, amount);
  return total;
}

/**
 * Rounds half up (ties towards +∞), once, at the end of a formula (D1, D6). `denominator` must be positive.
 * @throws DomainError DIVISOR_INVALID
 */
export function divideHalfUp(numerator: bigint, denominator: bigint): bigint {
  if (denominator <= 0n) throw new DomainError('DIVISOR_INVALID', 'A divisor must be positive');
  const doubled = 2n * numerator + denominator;
  const divisor = 2n * denominator;
  const quotient = doubled / divisor;
  // bigint division truncates towards zero; half up needs the floor.
  return doubled % divisor < 0n ? quotient - 1n : quotient;
}

/**
 * Minor units from text of digits only; leading zeros are allowed (domain.md §7).
 * @throws DomainError AMOUNT_INVALID, AMOUNT_TOO_LARGE (beyond 2^63−1)
 */
export function parseMinor(text: string): bigint {
  if (!/^[0-9]+$/.test(text)) throw new DomainError('AMOUNT_INVALID', `Not an amount of digits: ${shorten(text)}`);
  // Length first: turning megabytes of digits into a bigint takes quadratic time.
  const digits = text.length > 19 ? text.replace(/^0+(?=[0-9])/, '') : text;
  if (digits.length > 19) throw tooLarge();
  return withinRange(BigInt(digits));
}

function sameCurrency(a: Money, b: Money): string {
  if (a.currency !== b.currency)
    throw new DomainError('CURRENCY_MISMATCH', `${a.currency} and ${b.currency} cannot be combined`);
  return a.currency;
}

function withinRange(minor: bigint): bigint {
  if (minor > MAX_MINOR || minor < -MAX_MINOR) throw tooLarge();
  return minor;
}

function tooLarge(): DomainError {
  return new DomainError('AMOUNT_TOO_LARGE', 'An amount is beyond 2^63-1 minor units');
}

function shorten(text: string): string {
  return JSON.stringify(String(text).slice(0, 40));
}
