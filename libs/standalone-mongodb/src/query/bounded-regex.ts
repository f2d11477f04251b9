import vm from 'node:vm';
import { failAt } from '../errors.js';

/** There is one thread for all clients: an expression that goes round in circles is stopped, as PCRE's match limit does. */
const TIME_LIMIT_MS = 200;
const UNBOUNDED = /[*+]|\{\d+,\}/g;
/** A repeated group or a back reference can take time that doubles with each character. */
const EXPONENTIAL = /\)[*+{]|\\(?:[1-9]|k<)/;
const HARMLESS_STEPS = 1_000_000;
const HARMLESS_LENGTH = 12;

const scope = vm.createContext({ expression: undefined as RegExp | undefined, text: '' });
const script = new vm.Script('expression.exec(text)');

/** An expression that is stopped when it takes too long on one text. Throws 51156 then. */
export class BoundedRegExp extends RegExp {
  readonly #plain: RegExp;
  readonly #degree: number;

  constructor(pattern: RegExp | string, flags?: string) {
    super(pattern, flags);
    this.#plain = new RegExp(pattern, flags);
    this.#degree = EXPONENTIAL.test(this.source) ? Infinity : (this.source.match(UNBOUNDED) ?? []).length;
  }

  override exec(text: string): RegExpExecArray | null {
    this.#plain.lastIndex = this.lastIndex;
    const found = this.#isHarmless(text) ? this.#plain.exec(text) : this.#limited(text);
    this.lastIndex = this.#plain.lastIndex;
    return found;
  }

  #isHarmless(text: string): boolean {
    return text.length <= HARMLESS_LENGTH || text.length ** this.#degree <= HARMLESS_STEPS;
  }

  /** Nothing of the client's is run as code: the script is a constant, expression and text are its data. */
  #limited(text: string): RegExpExecArray | null {
    scope['expression'] = this.#plain;
    scope['text'] = text;
    try {
      return script.runInContext(scope, { timeout: TIME_LIMIT_MS }) as RegExpExecArray | null;
    } catch {
      return failAt(51156, `Error occurred while executing regular expression '${this.source}': match limit exceeded`);
    } finally {
      scope['text'] = '';
    }
  }
}
