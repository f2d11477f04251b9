import { failAt, MongoError } from '../errors.js';
import { BoundedRegExp } from './bounded-regex.js';
import { translate } from './pcre.js';

const cache = new Map<string, RegExp>();

/** A JavaScript expression for one of PCRE, with MongoDB's options i, m, s, x, u. */
export function regExpOf(pattern: string, flags: string): RegExp {
  const id = `${flags}/${pattern}`;
  const known = cache.get(id);
  if (known !== undefined) return known;
  for (const flag of flags) {
    if (!'imsxu'.includes(flag)) failAt(51108, `invalid flag in regex options: ${flag}`);
  }
  const made = build(pattern, flags);
  if (cache.size > 500) cache.clear();
  cache.set(id, made);
  return made;
}

function build(pattern: string, flags: string): RegExp {
  try {
    const { source, ignoreCase } = translate(pattern, flags);
    return new BoundedRegExp(source, ignoreCase ? 'iu' : 'u');
  } catch (error) {
    if (error instanceof MongoError) throw error;
    return failAt(51091, `Regular expression is invalid: ${pattern}`);
  }
}
