import { describe, expect, it } from '@jest/globals';
import { matcherOf } from './expression.js';

describe('an expression of a client', () => {
  it.each([
    ['^[^$].*', 'account-1', true],
    ['^[^$].*', '$ce-account', false],
    ['^a.*b.*c+$', 'aXbXcc', true],
    ['^(?!\\$).+-\\d+$', 'account-12', true],
    ['\\p{Script=Han}', '账户', true],
    ['(a)\\1', 'aa', true],
    ['(?i)^ACC', 'account', true],
    ['\\Aaccount-\\d\\z', 'account-1', true],
    ['\\Acount', 'account', false],
    ['a\\\\A', 'a\\A', true],
  ])('%s on %s is %s', (source, name, verdict) => {
    expect(matcherOf(source)(name)).toBe(verdict);
  });

  it.each(['^(a+)+$', '^(a|a)*(b|b)*$', '(?=(a+)+$)a'])('%s that would take for ever is stopped', (source) => {
    expect(() => matcherOf(source)(`${'a'.repeat(60)}!`)).toThrow(/takes more than/);
  });

  it('that takes long on each of many names is stopped', () => {
    const matches = matcherOf('^(a+)+$');
    const all = (): void => {
      for (let n = 0; n < 10_000; n++) matches(`${'a'.repeat(19)}!${n}`);
    };
    expect(all).toThrow(/takes more than 300 ms on few names/);
  });

  it('is looked for in a long name as in a short one', () => {
    expect(matcherOf('a+b$')(`${'a'.repeat(2000)}b`)).toBe(true);
    expect(() => matcherOf('a+b$')('a'.repeat(100_000))).toThrow(/takes more than 100 ms/);
  });

  it('that is none is refused', () => {
    expect(() => matcherOf('(')).toThrow(/is not a regular expression/);
  });
});
