import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { SortedList } from './sorted-list.js';

it('keeps values in order whatever is inserted and removed, beyond one chunk', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.integer(), { minLength: 0, maxLength: 1_500, size: 'max' }),
      fc.nat(5),
      (values, nth) => {
        const list = new SortedList<number>((a, b) => a - b);
        values.forEach((value) => list.insert(value));
        const removed = values.filter((_, i) => i % (nth + 1) === 0);
        expect(removed.every((value) => list.remove(value))).toBe(true);
        expect(removed.some((value) => list.remove(value))).toBe(false);
        const left = values.filter((_, i) => i % (nth + 1) !== 0).sort((a, b) => a - b);
        expect([...list]).toEqual(left);
        expect(list.size).toBe(left.length);
      },
    ),
    { numRuns: 30 },
  );
});
