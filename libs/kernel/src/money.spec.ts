import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  addMoney,
  compareMoney,
  divideHalfUp,
  MAX_MINOR,
  money,
  moneyFromJson,
  moneyToJson,
  parseMinor,
  subtractMoney,
  sumMoney,
} from './money.js';

const minor = fc.bigInt({ min: -MAX_MINOR, max: MAX_MINOR });

describe('money (D1)', () => {
  it('goes through JSON unchanged', () => {
    fc.assert(fc.property(minor, (m) => expect(moneyFromJson(moneyToJson(money('CNY', m)))).toEqual(money('CNY', m))));
  });

  it.each(['', '-0', '01', '+1', '1.0', '1e3', ' 1', '9223372036854775808', '99999999999999999999'])(
    'does not read %j from an event',
    (text) => {
      expect(() => moneyFromJson({ currency: 'CNY', minor: text })).toThrow(
        expect.objectContaining({ code: expect.stringMatching(/^AMOUNT_/) }),
      );
    },
  );

  it('refuses to mix currencies or to leave int64', () => {
    expect(() => addMoney(money('CNY', 1n), money('EUR', 1n))).toThrow(
      expect.objectContaining({ code: 'CURRENCY_MISMATCH' }),
    );
    expect(() => addMoney(money('CNY', MAX_MINOR), money('CNY', 1n))).toThrow(
      expect.objectContaining({ code: 'AMOUNT_TOO_LARGE' }),
    );
    expect(() => moneyFromJson({ currency: 'yuan', minor: '1' })).toThrow(
      expect.objectContaining({ code: 'CURRENCY_INVALID' }),
    );
  });

  it('adds, subtracts, sums and compares', () => {
    expect(subtractMoney(money('CNY', 5n), money('CNY', 7n)).minor).toBe(-2n);
    expect(sumMoney('CNY', [money('CNY', 1n), money('CNY', 2n)]).minor).toBe(3n);
    expect(compareMoney(money('CNY', 1n), money('CNY', 2n))).toBe(-1);
  });

  it('rounds half up once: 2.8000 CNY/m² × 89.43 m² = 250.40 CNY', () => {
    expect(divideHalfUp(28_000n * 8_943n, 10_000n)).toBe(25_040n);
    expect([1n, 2n, 3n, -1n, -2n, -3n].map((n) => divideHalfUp(n, 2n))).toEqual([1n, 1n, 2n, 0n, -1n, -1n]);
    expect(() => divideHalfUp(1n, 0n)).toThrow(expect.objectContaining({ code: 'DIVISOR_INVALID' }));
  });

  it('rounds to the nearest, ties upwards, for any fraction', () => {
    fc.assert(
      fc.property(minor, fc.bigInt({ min: 1n, max: 10n ** 12n }), (n, d) => {
        const rounded = divideHalfUp(n, d);
        const twiceError = 2n * (rounded * d - n);
        expect(twiceError > -d && twiceError <= d).toBe(true);
      }),
    );
  });

  it('reads digits with leading zeros, and nothing else', () => {
    expect(parseMinor('000025040')).toBe(25_040n);
    expect(parseMinor('0'.repeat(1_000_000) + '7')).toBe(7n);
    expect(parseMinor('9223372036854775807')).toBe(MAX_MINOR);
    for (const text of ['', '-1', '+1', '1.5', '１', ' 1', '1\n', '0x1']) {
      expect(() => parseMinor(text)).toThrow(expect.objectContaining({ code: 'AMOUNT_INVALID' }));
    }
    for (const text of ['9223372036854775808', '9'.repeat(1_000_000)]) {
      expect(() => parseMinor(text)).toThrow(expect.objectContaining({ code: 'AMOUNT_TOO_LARGE' }));
    }
  });
});
