import { failAt } from '../errors.js';
import { BoundedRegExp } from './bounded-regex.js';

const cache = new Map<string, RegExp>();

/** A JavaScript expression for one of PCRE, with MongoDB's options i, m, s, x, u. */
export function regExpOf(pattern: string, flags: string): RegExp {
  const id = `${flags}/${pattern}`;
  const known = cache.get(id);
  if (known !== undefined) return known;
  for (const flag of flags) {
    if (!'imsxu'.includes(flag)) failAt(51108, `invalid flag in regex options: ${flag}`);
  }
  const made = build(flags.includes('x') ? withoutSpace(pattern) : pattern, flags.replace(/[xu]/g, ''));
  if (cache.size > 500) cache.clear();
  cache.set(id, made);
  return made;
}

function build(pattern: string, flags: string): RegExp {
  let text = pattern;
  let options = flags;
  const inline = /^\(\?([ims]+)\)/.exec(text);
  if (inline !== null) {
    text = text.slice(inline[0].length);
    options += inline[1] ?? '';
  }
  text = text
    .replace(/\\A/g, '^')
    .replace(/\\[zZ]/g, '$')
    .replace(/\(\?P</g, '(?<');
  const unique = [...new Set(options)].join('');
  try {
    return new BoundedRegExp(text, `${unique}u`);
  } catch {
    try {
      return new BoundedRegExp(text, unique);
    } catch {
      return failAt(51091, `Regular expression is invalid: ${pattern}`);
    }
  }
}

/** The `x` option: white space and comments do not count, except escaped or in a class. */
function withoutSpace(pattern: string): string {
  let out = '';
  let inClass = false;
  for (let i = 0; i < pattern.length; i += 1) {
    const char = pattern[i] as string;
    if (char === '\\') {
      out += char + (pattern[i + 1] ?? '');
      i += 1;
    } else if (!inClass && char === '#') {
      while (i < pattern.length && pattern[i] !== '\n') i += 1;
    } else if (inClass || !/\s/.test(char)) {
      if (char === '[') inClass = true;
      if (char === ']') inClass = false;
      out += char;
    }
  }
  return out;
}
