import vm from 'node:vm';
import { invalidArgument } from '../errors.js';

/** What one name may take. Expressions that are not simple are stopped then: there is one thread for all clients. */
const TIME_LIMIT_MS = 100;
/** More than one of these, and the time can grow beyond the square of the name's length. */
const UNBOUNDED = /[*+]|\{\d+,\}/g;
const BACK_REFERENCE = /\\(?:\d|k<)/;

/** A test of names by a client's expression. Throws INVALID_ARGUMENT on one that is none, and when one takes too long. */
export function matcherOf(source: string): (name: string) => boolean {
  const pattern = patternOf(source);
  const simple = (source.match(UNBOUNDED) ?? []).length <= 1 && !BACK_REFERENCE.test(source);
  return simple ? (name) => pattern.test(name) : limited(pattern, source);
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

/** Nothing of the client's is run as code: the script is a constant, the pattern and the name are its data. */
function limited(pattern: RegExp, source: string): (name: string) => boolean {
  const scope = vm.createContext({ pattern, name: '' });
  const script = new vm.Script('pattern.test(name)');
  return (name) => {
    scope['name'] = name;
    try {
      return script.runInContext(scope, { timeout: TIME_LIMIT_MS }) as boolean;
    } catch {
      throw invalidArgument(`the expression '${source}' takes more than ${TIME_LIMIT_MS} ms on a single name`);
    }
  };
}
