import { describe, expect, it } from '@jest/globals';
import { RecentIds } from './recent-ids.js';

const idOf = (position: number): string => `id-${position}`;

describe('the memory of ids', () => {
  it('holds as many as its limit, the latest ones', () => {
    const ids = new RecentIds(10);
    for (let position = 1; position <= 100; position++) {
      ids.add(idOf(position), 's', position - 1, position, position);
      expect(ids.get(idOf(position))).toMatchObject({ stream: 's', revision: position - 1, position });
      expect(ids.get(idOf(position - 9)) === undefined).toBe(position < 10);
      expect(ids.get(idOf(position - 10))).toBeUndefined();
    }
  });

  it('drops none that is not on disk', () => {
    const ids = new RecentIds(10);
    for (let position = 1; position <= 100; position++) ids.add(idOf(position), 's', position, position, 5);
    const kept = Array.from({ length: 100 }, (_, index) => ids.get(idOf(index + 1)) !== undefined);
    expect(kept).toEqual(Array.from({ length: 100 }, (_, index) => index >= 5));
    ids.add(idOf(101), 's', 101, 101, 100);
    expect(kept.filter((_, index) => ids.get(idOf(index + 1)) !== undefined)).toHaveLength(9);
  });

  it('knows an id that came again by where it was written last', () => {
    const ids = new RecentIds(3);
    ids.add('twice', 'a', 0, 1, 1);
    ids.add('x', 'a', 1, 2, 2);
    ids.add('twice', 'b', 0, 3, 3);
    ids.add('y', 'a', 2, 4, 4);
    expect(ids.get('twice')).toMatchObject({ stream: 'b', revision: 0, position: 3 });
  });
});
