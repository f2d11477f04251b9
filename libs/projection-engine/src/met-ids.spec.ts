import { describe, expect, it } from '@jest/globals';
import { MetIds } from './met-ids.js';

const idOf = (n: number): string => `yard.${n % 7}@${n}`;

describe('ids that were met', () => {
  it('calls none new a second time', () => {
    const met = new MetIds();
    const all = Array.from({ length: 20_000 }, (_, n) => idOf(n));
    all.forEach((id) => met.isFirst(id));
    expect(all.filter((id) => met.isFirst(id))).toEqual([]);
  });

  it('takes few for others that it has met', () => {
    const met = new MetIds();
    let taken = 0;
    for (let n = 0; n < 200_000; n += 1) if (!met.isFirst(idOf(n))) taken += 1;
    expect(taken).toBeLessThan(200);
  });
});
