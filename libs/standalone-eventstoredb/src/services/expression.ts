import vm from 'node:vm';
import { invalidArgument } from '../errors.js';

/** What one name may take. Expressions that are not simple are stopped then: there is one thread for all clients. */
const TIME_LIMIT_MS = 100;
/** Names that take longer than the first are slow; those of an expression may take the second together in the third. */
const SLOW_MS = 1;
const SLOW_LIMIT_MS = 300;
const SLOW_WITHIN_MS = 60_000;
/** On longer names even a simple expression can take long: the time grows by the square. */
const SHORT_NAME = 500;
/** More than one of these, and the time can grow beyond the square of the name's length. */
const UNBOUNDED = /[*+]|\{\d+,\}/g;
const BACK_REFERENCE = /\\(?:\d|k<)/;

/** A test of names by a client's expression. Throws INVALID_ARGUMENT on one that is none, and when one takes too long. */
export function matcherOf(source: string): (name: string) => boolean {
  const pattern = patternOf(source);
  const simple = (source.match(UNBOUNDED) ?? []).length <= 1 && !BACK_REFERENCE.test(source);
  const timed = limited(pattern, source);
  return (name) => (simple && name.length <= SHORT_NAME ? pattern.test(name) : timed(name));
}

/** What .NET knows and JavaScript does not: options before an expression, names for the ends of the text. */
const OPTIONS = /^\(\?([ims]+)\)/;
const ESCAPES = /\\[^]/g;
const ENDS: Readonly<Record<string, string>> = { '\\A': '(?<![^])', '\\z': '(?![^])', '\\Z': '(?![^])' };

function patternOf(source: string): RegExp {
  const options = OPTIONS.exec(source)?.[1] ?? '';
  const flags = [...new Set(options)].join('');
  const bare = options === '' ? source : source.slice(options.length + 3);
  const body = bare.replace(ESCAPES, (escape) => ENDS[escape] ?? escape);
  try {
    return new RegExp(body, `${flags}u`);
  } catch {
    try {
      return new RegExp(body, flags);
    } catch (error) {
      throw invalidArgument(`'${source}' is not a regular expression: ${(error as Error).message}`);
    }
  }
}

/** One context for all: each takes a MiB, and goes only when the collector gets to it. */
const scope: vm.Context = { pattern: undefined, name: '' };
const script = new vm.Script('pattern.test(name)');

/** Nothing of the client's is run as code: the script is a constant, the pattern and the name are its data. */
function limited(pattern: RegExp, source: string): (name: string) => boolean {
  const tooSlow = (limitMs: number, what: string): Error =>
    invalidArgument(`the expression '${source}' takes more than ${limitMs} ms on ${what}`);
  let slowMs = 0;
  let since = performance.now();
  return (name) => {
    if (!vm.isContext(scope)) vm.createContext(scope);
    Object.assign(scope, { pattern, name });
    const start = performance.now();
    let verdict: boolean;
    try {
      verdict = script.runInContext(scope, { timeout: TIME_LIMIT_MS }) as boolean;
    } catch {
      throw tooSlow(TIME_LIMIT_MS, 'a single name');
    }
    const ms = performance.now() - start;
    if (ms <= SLOW_MS) return verdict;
    if (start - since > SLOW_WITHIN_MS) [slowMs, since] = [0, start];
    slowMs += ms;
    if (slowMs > SLOW_LIMIT_MS) throw tooSlow(SLOW_LIMIT_MS, 'few names');
    return verdict;
  };
}
