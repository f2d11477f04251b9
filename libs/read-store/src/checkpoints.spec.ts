import { describe, expect, it, jest } from '@jest/globals';
import { type Collection, type Document } from 'mongodb';
import { Checkpoints } from './checkpoints.js';
import type { CheckpointDocument } from './documents.js';

const at = (name: string, position: bigint): CheckpointDocument => ({
  ...{ _id: `${name}.v1`, position, updatedAt: '2026-01-01T00:00:00.000Z' },
  ...{ counts: {}, sums: {} },
});

/** Checkpoints of a server that answers with these, one after the other, when it is told to. */
function checkpointsOf(...answers: (Document | Error)[]) {
  const answered: (() => void)[] = [];
  const command = jest.fn(
    (_sent: Document) =>
      new Promise<Document>((resolve, reject) => {
        const answer = answers.shift()!;
        answered.push(() => (answer instanceof Error ? reject(answer) : resolve(answer)));
      }),
  );
  const collection = { db: { command }, collectionName: 'checkpoints' };
  const next = async (): Promise<void> => {
    while (answered.length === 0) await new Promise(setImmediate);
    answered.shift()!();
  };
  return { checkpoints: new Checkpoints(collection as unknown as Collection<CheckpointDocument>), command, next };
}

describe('checkpoints', () => {
  it('that are saved at about the same time go out together, the rest while they are under way with the next', async () => {
    const { checkpoints, command, next } = checkpointsOf({ n: 1, writeErrors: [{ index: 1, code: 11000 }] }, { n: 2 });
    const first = [checkpoints.save(at('a', 1n)), checkpoints.save(at('b', 1n))];
    await new Promise((resolve) => setTimeout(resolve, 5));
    const later = [checkpoints.save(at('a', 2n)), checkpoints.save(at('c', 2n))];
    await next();
    // Each hears of its own: somebody else was further with b.
    expect(await Promise.all(first)).toEqual([true, false]);
    await next();
    expect(await Promise.all(later)).toEqual([true, true]);
    expect(command).toHaveBeenCalledTimes(2);
  });

  it('that fail together are told so, and the next ones are saved', async () => {
    const { checkpoints, next } = checkpointsOf(new Error('gone'), { n: 1 });
    const failed = Promise.allSettled([checkpoints.save(at('a', 1n)), checkpoints.save(at('b', 1n))]);
    await next();
    expect((await failed).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    const saved = checkpoints.save(at('a', 1n));
    await next();
    expect(await saved).toBe(true);
  });
});
