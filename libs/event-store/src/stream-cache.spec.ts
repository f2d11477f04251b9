import { describe, expect, it } from '@jest/globals';
import { StreamCache } from './stream-cache.js';

const entry = (bytes: number) => ({ bytes });

describe('StreamCache', () => {
  it('drops the least recently used beyond its bytes', () => {
    const cache = new StreamCache<{ bytes: number }>(100);
    cache.put('a', entry(40));
    cache.put('b', entry(40));
    cache.get('a');
    cache.put('c', entry(40));
    expect([cache.get('a'), cache.get('b'), cache.get('c')].map(Boolean)).toEqual([true, false, true]);
    expect(cache.bytes).toBe(80);
  });

  it('counts an entry as it was when it was put, and anew when it is put again', () => {
    const cache = new StreamCache<{ bytes: number }>(100);
    const growing = { bytes: 10 };
    cache.put('a', growing);
    growing.bytes = 50;
    cache.put('a', growing);
    expect(cache.bytes).toBe(50);
    cache.delete('a');
    cache.delete('a');
    expect([cache.bytes, cache.size]).toEqual([0, 0]);
  });

  it('keeps one entry that is larger than the bound, alone', () => {
    const cache = new StreamCache<{ bytes: number }>(100);
    cache.put('a', entry(10));
    cache.put('huge', entry(1_000));
    expect([cache.size, Boolean(cache.get('huge'))]).toEqual([1, true]);
    cache.put('b', entry(10));
    expect([cache.size, Boolean(cache.get('b'))]).toEqual([1, true]);
  });
});
