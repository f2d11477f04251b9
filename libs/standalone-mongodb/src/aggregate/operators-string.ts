import { docOf } from '../bson/build.js';
import { Arr, Doc } from '../bson/document.js';
import { compareStrings } from '../bson/compare.js';
import { toDouble } from '../bson/numbers.js';
import { Int32, isNumber, ObjectId, RegExpValue, typeName, type Maybe, type Value } from '../bson/values.js';
import { failAt, MongoError } from '../errors.js';
import { BoundedRegExp } from '../query/bounded-regex.js';
import { regExpOf } from '../query/regex.js';
import { shellText } from '../query/shell-text.js';
import { folded, operators } from './operators.js';
import { argumentsOf, define, defineInTurn, defineNamed, isNullish, position, small, textOf } from './values.js';

defineInTurn('$concat', (args) => {
  let text = '';
  for (const arg of args) {
    if (isNullish(arg)) return null;
    if (typeof arg !== 'string') return failAt(16702, `$concat only supports strings, not ${typeName(arg)}`);
    text += arg;
  }
  return text;
});

/** Strings, and what becomes one: numbers and dates; null is the empty string. */
function coerced(value: Maybe): string {
  if (isNullish(value)) return '';
  if (typeof value === 'boolean' || value instanceof ObjectId) return unconvertible(value);
  return textOf(value) ?? unconvertible(value);
}

function unconvertible(value: Maybe): never {
  return failAt(16007, `can't convert from BSON type ${typeName(value)} to String`);
}

// mongod changes the case of ASCII letters only.
const upper = (text: string): string => text.replace(/[a-z]+/g, (part) => part.toUpperCase());
define('$toUpper', 1, (a) => upper(coerced(a)));
define('$toLower', 1, (a) => coerced(a).replace(/[A-Z]+/g, (part) => part.toLowerCase()));
define('$strcasecmp', 2, (a, b) => {
  const [x, y] = [coerced(a), coerced(b)];
  return new Int32(Math.sign(compareStrings(upper(x), upper(y))));
});
define('$strLenCP', 1, (a) => {
  if (typeof a !== 'string') return failAt(34471, `$strLenCP requires a string argument, found: ${typeName(a)}`);
  return new Int32([...a].length);
});
define('$strLenBytes', 1, (a) => {
  if (typeof a !== 'string') return failAt(34473, `$strLenBytes requires a string argument, found: ${typeName(a)}`);
  return new Int32(Buffer.byteLength(a));
});
define('$split', 2, (a, separator) => {
  if (isNullish(a) || isNullish(separator)) return null;
  if (typeof a !== 'string')
    return failAt(
      40085,
      `$split requires an expression that evaluates to a string as a first argument, found: ${typeName(a)}`,
    );
  if (typeof separator !== 'string')
    return failAt(
      40086,
      `$split requires an expression that evaluates to a string as a second argument, found: ${typeName(separator)}`,
    );
  if (separator === '') return failAt(40087, '$split requires a non-empty separator');
  return Arr.of(a.split(separator));
});

/** An argument of $substrCP. */
function codePoints(value: Maybe, what: string, code: number): number {
  return small(
    value,
    () => failAt(code, `$substrCP: ${what} must be a numeric type (is BSON type ${typeName(value)})`),
    () =>
      failAt(
        code + 1,
        `$substrCP: ${what} cannot be represented as a 32-bit integral value: ${shellText(value as Value)}`,
      ),
  );
}

define('$substrCP', 3, (a, start, count) => {
  const text = coerced(a);
  const from = codePoints(start, 'starting index', 34450);
  const length = codePoints(count, 'length', 34452);
  if (length < 0) failAt(34454, '$substrCP: length must be a nonnegative integer.');
  if (from < 0) failAt(34455, '$substrCP: the starting index must be nonnegative integer.');
  return [...text].slice(from, from + length).join('');
});

function substrBytes(a: Maybe, start: Maybe, count: Maybe): Value {
  const bytes = Buffer.from(coerced(a));
  if (!isNumber(start))
    return failAt(16034, `$substrBytes:  starting index must be a numeric type (is BSON type ${typeName(start)})`);
  if (!isNumber(count))
    return failAt(16035, `$substrBytes:  length must be a numeric type (is BSON type ${typeName(count)})`);
  const from = Math.trunc(toDouble(start));
  const length = Math.trunc(toDouble(count));
  if (from < 0) return failAt(50752, `$substrBytes:  starting index must be non-negative (got: ${from})`);
  const end = length < 0 ? bytes.length : Math.min(bytes.length, from + length);
  const isContinuation = (at: number): boolean => at < bytes.length && ((bytes[at] as number) & 0xc0) === 0x80;
  if (isContinuation(from)) failAt(28656, '$substrBytes:  Invalid range, starting index is a UTF-8 continuation byte.');
  if (isContinuation(end))
    failAt(28657, '$substrBytes:  Invalid range, ending index is in the middle of a UTF-8 character.');
  return bytes.toString('utf8', from, Math.max(from, end));
}
define('$substrBytes', 3, substrBytes);
define('$substr', 3, substrBytes);

/** Where a text is in another, counted in bytes or code points. */
function defineIndexOf(name: string, code: number, units: (text: string) => readonly unknown[]): void {
  operators.set(name, (argument) => {
    const args = argumentsOf(argument, name, 2, 4);
    return folded(args, (doc, variables) => {
      const [text, token, ...bounds] = args.map((arg) => arg(doc, variables));
      if (isNullish(text)) return null;
      if (typeof text !== 'string')
        return failAt(code, `${name} requires a string as the first argument, found: ${typeName(text)}`);
      if (typeof token !== 'string')
        return failAt(code + 1, `${name} requires a string as the second argument, found: ${typeName(token)}`);
      const [from = 0, to = Infinity] = bounds.map((bound, i) =>
        position(name, bound, i === 0 ? 'starting' : 'ending'),
      );
      const [all, wanted] = [units(text), units(token)];
      const last = Math.min(to, all.length) - wanted.length;
      for (let at = from; at <= last; at += 1) {
        if (wanted.every((unit, i) => all[at + i] === unit)) return new Int32(at);
      }
      return new Int32(-1);
    });
  });
}
defineIndexOf('$indexOfCP', 40093, (text) => [...text]);
defineIndexOf('$indexOfBytes', 40091, (text) => [...Buffer.from(text)]);

const BLANKS = '\0 \t\n\v\f\r\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a';

for (const [name, left, right] of [
  ['$trim', true, true],
  ['$ltrim', true, false],
  ['$rtrim', false, true],
] as const) {
  defineNamed(name, ['input', 'chars'], ['input'], (args) => {
    const { input } = args;
    if (isNullish(input)) return null;
    if (typeof input !== 'string')
      return failAt(
        50699,
        `${name} requires its input to be a string, got ${shellText(input)} (of type ${typeName(input)}) instead.`,
      );
    if ('chars' in args && isNullish(args['chars'])) return null;
    const chars = args['chars'] ?? BLANKS;
    if (typeof chars !== 'string')
      return failAt(
        50700,
        `${name} requires 'chars' to be a string, got ${shellText(chars)} (of type ${typeName(chars)}) instead.`,
      );
    const set = new Set(chars);
    const points = [...input];
    let from = 0;
    let to = points.length;
    while (left && from < to && set.has(points[from] as string)) from += 1;
    while (right && to > from && set.has(points[to - 1] as string)) to -= 1;
    return points.slice(from, to).join('');
  });
}

for (const [name, all] of [
  ['$replaceOne', false],
  ['$replaceAll', true],
] as const) {
  defineNamed(
    name,
    ['input', 'find', 'replacement'],
    ['input', 'find', 'replacement'],
    ({ input, find, replacement }) => {
      if (isNullish(input) || isNullish(find) || isNullish(replacement)) return null;
      if (typeof input !== 'string')
        return failAt(51746, `${name} requires that 'input' be a string, found: ${typeName(input)}`);
      if (typeof find !== 'string')
        return failAt(51745, `${name} requires that 'find' be a string, found: ${typeName(find)}`);
      if (typeof replacement !== 'string')
        return failAt(51744, `${name} requires that 'replacement' be a string, found: ${typeName(replacement)}`);
      if (!all) return input.replace(find, () => replacement);
      // Nothing is found before every character, and at the end.
      if (find === '') return ['', ...input, ''].join(replacement);
      return input.split(find).join(replacement);
    },
  );
}

function pattern(args: Readonly<Record<string, Maybe>>, name: string): RegExp | null {
  const { regex, options } = args;
  if (!isNullish(regex) && typeof regex !== 'string' && !(regex instanceof RegExpValue)) {
    return failAt(51105, `${name} needs 'regex' to be of type string or regex`);
  }
  if (!isNullish(options) && typeof options !== 'string') {
    return failAt(51106, `${name} needs 'options' to be of type string`);
  }
  if (isNullish(regex)) return null;
  const flags = isNullish(options) ? '' : options;
  const [source, own] = typeof regex === 'string' ? [regex, ''] : [regex.pattern, regex.flags];
  if (own !== '' && !isNullish(options)) {
    failAt(51107, `${name}: found regex option(s) specified in both 'regex' and 'option' fields`);
  }
  if (source.includes('\0')) failAt(51109, `${name}: regular expression cannot contain an embedded null byte`);
  if (flags.includes('\0'))
    failAt(51110, `${name}: regular expression options string cannot contain an embedded null byte`);
  try {
    return regExpOf(source, own || flags);
  } catch (error) {
    if (!(error instanceof MongoError) || error.code !== 51091) throw error;
    return failAt(51111, `Invalid Regex in ${name}: ${source}`);
  }
}

/** All matches, one behind the other; after one of no characters the search goes on behind the next character, but not at the end. */
function allMatches(expression: RegExp, input: string): RegExpExecArray[] {
  const global = new BoundedRegExp(expression.source, `${expression.flags}g`);
  const matches: RegExpExecArray[] = [];
  let start = 0;
  do {
    global.lastIndex = start;
    const match = global.exec(input);
    if (match === null) break;
    matches.push(match);
    const skipped = match[0] === '' ? String.fromCodePoint(input.codePointAt(match.index) ?? 0) : match[0];
    start = match.index + skipped.length;
  } while (start < input.length);
  return matches;
}

function found(match: RegExpExecArray): Doc {
  const captures = match.slice(1).map((part) => part ?? null);
  return docOf({ match: match[0], idx: [...match.input.slice(0, match.index)].length, captures });
}

for (const name of ['$regexMatch', '$regexFind', '$regexFindAll']) {
  defineNamed(name, ['input', 'regex', 'options'], ['input', 'regex'], (args) => {
    const { input } = args;
    if (!isNullish(input) && typeof input !== 'string') {
      return failAt(51104, `${name} needs 'input' to be of type string`);
    }
    const expression = pattern(args, name);
    const nothing = name === '$regexMatch' ? false : name === '$regexFind' ? null : Arr.of([]);
    if (isNullish(input) || expression === null) return nothing;
    if (name === '$regexMatch') return expression.test(input);
    if (name === '$regexFindAll') return Arr.of(allMatches(expression, input).map(found));
    const match = expression.exec(input);
    return match === null ? null : found(match);
  });
}
