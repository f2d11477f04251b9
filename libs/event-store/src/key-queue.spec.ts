import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { KeyQueue, Semaphore } from './key-queue.js';

describe('KeyQueue', () => {
  it('runs tasks of one key in order, failures included, and others beside them', async () => {
    const queue = new KeyQueue();
    const log: string[] = [];
    const task = (name: string, ms: number) => async () => {
      log.push(`${name}+`);
      await sleep(ms);
      log.push(`${name}-`);
      if (name === 'a1') throw new Error('a1 failed');
      return name;
    };
    const [a1, a2, b] = [queue.run('a', task('a1', 30)), queue.run('a', task('a2', 1)), queue.run('b', task('b', 1))];
    await expect(a1).rejects.toThrow('a1 failed');
    expect(await a2).toBe('a2');
    expect(await b).toBe('b');
    expect(log.filter((line) => line.startsWith('a'))).toEqual(['a1+', 'a1-', 'a2+', 'a2-']);
    expect(log.indexOf('b-')).toBeLessThan(log.indexOf('a1-'));
  });
});

describe('Semaphore', () => {
  it('lets at most so many in, and frees the place of one that fails', async () => {
    const semaphore = new Semaphore(3);
    let inside = 0;
    let most = 0;
    const tasks = Array.from({ length: 20 }, (_, n) =>
      semaphore.run(async () => {
        most = Math.max(most, ++inside);
        await sleep(2);
        inside--;
        if (n % 5 === 0) throw new Error('failed');
      }),
    );
    const results = await Promise.allSettled(tasks);
    expect(most).toBe(3);
    expect(results.filter((r) => r.status === 'rejected')).toHaveLength(4);
  });
});
