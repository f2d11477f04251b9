import { describe, expect, it } from '@jest/globals';
import { put } from './engine.fixtures.js';
import { Intake } from './intake.js';

const chunk = (from: number, to: number, upTo = to) => ({
  events: Array.from({ length: to - from + 1 }, (_, n) => put(from + n, ['a'], 'x')),
  upTo: BigInt(upTo),
});

describe('the intake', () => {
  it('gathers chunks into a batch and cuts those that are too large', async () => {
    const intake = new Intake({ maxBatchEvents: 4, maxBatchDelayMs: 0 });
    await intake.push(chunk(1, 1));
    await intake.push(chunk(2, 3, 7));
    void intake.push(chunk(8, 13, 20));
    intake.end();
    const batches: string[] = [];
    for (let batch = await intake.next(); batch; batch = await intake.next()) {
      batches.push(`${batch.events.map((event) => event.position).join(' ')} | ${batch.upTo}`);
    }
    expect(batches).toEqual(['1 2 3 | 7', '8 9 10 11 | 11', '12 13 | 20']);
  });

  it('makes the reader wait when the writer is behind', async () => {
    const intake = new Intake({ maxBatchEvents: 2, maxBatchDelayMs: 0 });
    let pushed = false;
    const pushing = intake.push(chunk(1, 6)).then(() => (pushed = true));
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(pushed).toBe(false);
    await intake.next();
    await intake.next();
    await pushing;
  });

  it('waits for a batch to fill, but no longer than told', async () => {
    const intake = new Intake({ maxBatchEvents: 2, maxBatchDelayMs: 40 });
    await intake.push(chunk(1, 1));
    const first = intake.next();
    await intake.push(chunk(2, 2));
    expect((await first)!.events).toHaveLength(2);
    await intake.push(chunk(3, 3));
    expect((await intake.next())!.events).toHaveLength(1);
  });

  it('throws the error of its source', async () => {
    const intake = new Intake({ maxBatchEvents: 2, maxBatchDelayMs: 0 });
    const next = intake.next();
    intake.end({ error: new Error('gone') });
    await expect(next).rejects.toThrow('gone');
  });
});
