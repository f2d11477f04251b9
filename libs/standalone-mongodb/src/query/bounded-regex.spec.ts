import { describe, expect, it } from '@jest/globals';
import { BoundedRegExp } from './bounded-regex.js';

describe('expressions with bounds', () => {
  it('finds what an ordinary expression finds', () => {
    const text = 'a long text, with 12 and 345 and the word text in it twice'.repeat(3);
    for (const source of ['t.*w.*t', '(\\w+) (\\w+)', '(an|d)+', '(t)ex\\1', '\\d{2,}', '^nothing']) {
      expect(new BoundedRegExp(source, 'u').exec(text)).toEqual(new RegExp(source, 'u').exec(text));
      const all = [...text.matchAll(new BoundedRegExp(source, 'gi'))].map((match) => [match[0], match.index]);
      expect(all).toEqual([...text.matchAll(new RegExp(source, 'gi'))].map((match) => [match[0], match.index]));
      expect(new BoundedRegExp(source).test(text)).toBe(new RegExp(source).test(text));
    }
  });

  it.each(['^(a+)+$', '^((a|a)*)*$', '^.*.*.*.*x$'])('stops %s, and goes on afterwards', (source) => {
    const expression = new BoundedRegExp(source);
    expect(() => expression.test(`${'a'.repeat(5000)}!`)).toThrow('match limit exceeded');
    expect(new BoundedRegExp('^(a+)+!$').test('aaaa!')).toBe(true);
  });
});
