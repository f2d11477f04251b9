import { fail } from '../errors.js';
import { posixMembers, propertyText, typeMembers } from './pcre-classes.js';

/** A pattern that PCRE refuses. */
export class InvalidPattern extends Error {}

interface Options {
  readonly m: boolean;
  readonly s: boolean;
  readonly x: boolean;
}

/** PCRE's pattern in JavaScript's words, for the flag `u`; what JavaScript has no words for is refused by name. */
export function translate(pattern: string, flags: string): { source: string; ignoreCase: boolean } {
  const leading = /^(?:\(\*UTF\)|\(\?[imsx]+\))*/.exec(pattern)?.[0] ?? '';
  const given = flags + leading.replace(/\(\*UTF\)|[(?)]/g, '');
  const has = (flag: string): boolean => given.includes(flag);
  const options = { m: has('m'), s: has('s'), x: has('x') };
  const source = new Translator(pattern.slice(leading.length), options, has('i')).run();
  return { source, ignoreCase: has('i') };
}

function absent(what: string): never {
  return fail('NotImplemented', `standalone mode has no ${what} in regular expressions`);
}

const LITERALS = new Map([
  ['a', '\\x07'],
  ['e', '\\x1b'],
  ['f', '\\f'],
  ['n', '\\n'],
  ['r', '\\r'],
  ['t', '\\t'],
]);
const ANCHORS = new Map([
  ['A', '(?:^)'],
  ['G', '(?:^)'],
  ['Z', '(?:(?=\\n?$))'],
  ['z', '(?:$)'],
  ['b', '\\b'],
  ['B', '\\B'],
  ['N', '[^\\n]'],
  ['R', '(?:\\r\\n|[\\n-\\r\\x85\\u2028\\u2029])'],
]);
const QUANTIFIER = /^(?:[*+?]|\{\d+(?:,\d*)?\})/;

class Translator {
  #at = 0;
  #options: Options;
  readonly #outer: Options[] = [];

  constructor(
    private readonly text: string,
    options: Options,
    private readonly ignoreCase: boolean,
  ) {
    this.#options = options;
  }

  run(): string {
    let out = '';
    while (this.#at < this.text.length) out += this.#next();
    return out;
  }

  /** What the rest begins with, if it matches; and goes behind it. */
  #take(expression: RegExp): RegExpExecArray | undefined {
    const found = expression.exec(this.text.slice(this.#at));
    if (found === null) return undefined;
    this.#at += found[0].length;
    return found;
  }

  #char(): string {
    const code = this.text.codePointAt(this.#at);
    if (code === undefined) throw new InvalidPattern();
    const char = String.fromCodePoint(code);
    this.#at += char.length;
    return char;
  }

  #next(): string {
    if (this.#options.x && this.#take(/^(?:\s+|#[^\n]*\n?)/) !== undefined) return '';
    const quantifier = this.#take(QUANTIFIER)?.[0];
    if (quantifier !== undefined) return this.#quantified(quantifier);
    const char = this.#char();
    switch (char) {
      case '\\':
        return this.#escape();
      case '[':
        return this.#class();
      case '(':
        return this.#group();
      case ')':
        this.#options = this.#outer.pop() ?? this.#options;
        return char;
      case '.':
        return this.#options.s ? '[^]' : '[^\\n]';
      case '^':
        return this.#options.m ? '(?:^|(?<=\\n)(?=[^]))' : '(?:^)';
      case '$':
        return this.#options.m ? '(?:(?=\\n|$))' : '(?:(?=\\n?$))';
      case '|':
        return char;
    }
    return literal(char);
  }

  #quantified(quantifier: string): string {
    if (this.#take(/^\+/) !== undefined) absent('possessive quantifiers');
    return `${quantifier}${this.#take(/^\?/) === undefined ? '' : '?'}`;
  }

  #escape(): string {
    const quoted = this.#take(/^Q([^]*?)(?:\\E|$)/);
    if (quoted !== undefined) return Array.from(quoted[1] as string, literal).join('');
    if (this.#take(/^E/) !== undefined) return '';
    const reference = this.#take(/^(?:k<(\w+)>|k'(\w+)'|k\{(\w+)\}|g\{([A-Za-z_]\w*)\})/);
    if (reference !== undefined) return `\\k<${reference.slice(1).find((name) => name !== undefined) ?? ''}>`;
    const numbered = this.#take(/^(?:g\{?(\d+)\}?|([1-9]))/);
    if (numbered !== undefined) return `(?:\\${numbered[1] ?? numbered[2] ?? ''})`;
    const isType = typeMembers(this.text[this.#at] ?? '') !== undefined;
    const member = this.#member();
    if (member !== undefined) return isType ? `[${member}]` : member;
    const char = this.#char();
    const anchor = ANCHORS.get(char);
    if (anchor !== undefined) return anchor;
    if ('KXCg'.includes(char)) absent(`\\${char}`);
    if (/[A-Za-z0-9]/.test(char)) throw new InvalidPattern();
    return literal(char);
  }

  /** An escape that stands within a class as well. */
  #member(): string | undefined {
    const code = this.#take(/^(?:x\{([0-9A-Fa-f]+)\}|x([0-9A-Fa-f]{0,2})|o\{([0-7]+)\}|(0[0-7]{0,2}))/);
    if (code !== undefined) {
      const octal = code[3] ?? code[4];
      return point(octal === undefined ? parseInt(`0${code[1] ?? code[2] ?? ''}`, 16) : parseInt(octal, 8));
    }
    const property = this.#take(/^([pP])(?:\{(\^?[A-Za-z_&]+)\}|([A-Z]))/);
    if (property !== undefined) {
      const name = property[2] ?? property[3] ?? '';
      if (name.includes('&') || name.startsWith('X')) absent(`\\p{${name}}`);
      return propertyText(property[1] as string, name);
    }
    const control = this.#take(/^c([A-Za-z])/)?.[1];
    if (control !== undefined) return `\\c${control}`;
    const letter = this.text[this.#at] ?? '';
    const members = LITERALS.get(letter) ?? typeMembers(letter);
    if (members !== undefined) this.#at += 1;
    return members;
  }

  #class(): string {
    let out = this.#take(/^\^/) === undefined ? '[' : '[^';
    for (let first = true; first || this.text[this.#at] !== ']'; first = false) {
      const posix = this.#take(/^\[:(\^?\w+):\]/)?.[1];
      if (posix !== undefined) {
        out += posixMembers(posix) ?? invalid();
        continue;
      }
      const from = this.#classItem();
      // A hyphen stands for itself beside what is more than one character, and at the end.
      const range =
        from.length < 12 && !/^\\[pP]|-\\u/.test(from) ? this.#take(/^-(?=[^\]])(?!\\[dDwWsShHvVpP]|\[:)/) : undefined;
      out += range === undefined ? from : `${from}-${this.#classItem()}`;
    }
    this.#at += 1;
    return `${out}]`;
  }

  #classItem(): string {
    const char = this.#char();
    if (char !== '\\') return literal(char);
    const quoted = this.#take(/^Q([^]*?)\\E/);
    if (quoted !== undefined) return Array.from(quoted[1] as string, literal).join('');
    if (this.#take(/^b/) !== undefined) return '\\x08';
    const member = this.#member();
    if (member !== undefined) return member;
    const escaped = this.#char();
    return /[A-Za-z0-9]/.test(escaped) ? invalid() : literal(escaped);
  }

  #group(): string {
    if (this.#take(/^\?#[^)]*\)/) !== undefined) return '';
    const set = this.#take(/^\?([imsx]*)(?:-([imsx]+))?([:)])/);
    if (set !== undefined && set[0] !== '?:') return this.#setOptions(set[1] ?? '', set[2] ?? '', set[3] === ':');
    const name = this.#take(/^\?(?:P?<([A-Za-z_]\w*)>|'([A-Za-z_]\w*)')/);
    const same = this.#take(/^\?P=(\w+)\)/)?.[1];
    if (same !== undefined) return `\\k<${same}>`;
    if (this.#take(/^\*/) !== undefined) absent('verbs');
    this.#outer.push(this.#options);
    if (set !== undefined) return '(?:';
    if (name !== undefined) return `(?<${name[1] ?? name[2] ?? ''}>`;
    const kind = this.#take(/^\?(?:=|!|<=|<!)/)?.[0];
    if (kind !== undefined) return `(${kind}`;
    if (!this.text.startsWith('?', this.#at)) return '(';
    if (/^\?(?:[>|(R&+\d-]|P>)/.test(this.text.slice(this.#at)))
      absent(`(${this.text.slice(this.#at, this.#at + 2)}…)`);
    return invalid();
  }

  #setOptions(on: string, off: string, opensGroup: boolean): string {
    if ((on.includes('i') && !this.ignoreCase) || (off.includes('i') && this.ignoreCase)) absent('(?i) of a part');
    if (opensGroup) this.#outer.push(this.#options);
    const value = (flag: 'm' | 's' | 'x'): boolean => (on.includes(flag) || this.#options[flag]) && !off.includes(flag);
    this.#options = { m: value('m'), s: value('s'), x: value('x') };
    return opensGroup ? '(?:' : '';
  }
}

function invalid(): never {
  throw new InvalidPattern();
}

function literal(char: string): string {
  return /[\^$\\.*+?()[\]{}|/-]/.test(char) ? point(char.codePointAt(0) as number) : char;
}

function point(code: number): string {
  return code > 0x10ffff
    ? invalid()
    : code < 0x100
      ? `\\x${code.toString(16).padStart(2, '0')}`
      : `\\u{${code.toString(16)}}`;
}
