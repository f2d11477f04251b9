import { describe, expect, it } from '@jest/globals';
import { BSON } from 'mongodb';
import { BsonPack } from './document-pack.js';

const document = (n: number) => ({
  _id: `d${String(n).padStart(5, '0')}`,
  position: BigInt(n),
  filler: 'x'.repeat(500),
});

/** The ids of each message, in its order. */
async function sent(pack: BsonPack): Promise<string[][]> {
  const messages: string[][] = [];
  const send = async (message: Buffer): Promise<void> => {
    const ids: string[] = [];
    for (let at = 0; at < message.length;) {
      const end = at + message.readInt32LE(at);
      ids.push(BSON.deserialize(message.subarray(at, end))['_id'] as string);
      at = end;
    }
    await new Promise((resolve) => setImmediate(resolve));
    messages.push(ids);
  };
  await pack.sendEach(send, 3);
  return messages;
}

describe('a pack', () => {
  it('of several messages goes out in order of the ids, each document once', async () => {
    const pack = new BsonPack();
    const count = 6_000;
    for (let n = 0; n < count; n += 1) pack.add([document((n * 7_919) % count)]);
    const messages = await sent(pack);
    expect(messages.length).toBeGreaterThan(3);
    for (const ids of messages) expect(ids).toEqual([...ids].sort());
    const inOrder = messages.sort(([a], [b]) => (a! < b! ? -1 : 1)).flat();
    expect(inOrder).toEqual(Array.from({ length: count }, (_, n) => document(n)._id));
  });

  it('of one message goes out as it was filled, without what was refused', async () => {
    const pack = new BsonPack();
    pack.add([document(2)]);
    expect(() => pack.add([document(3), { ...document(4), position: 2n ** 64n }])).toThrow('64');
    pack.add([document(1)]);
    expect(await sent(pack)).toEqual([['d00002', 'd00001']]);
  });

  it('tells of a message that failed, when all are settled', async () => {
    const pack = new BsonPack();
    for (let n = 0; n < 6_000; n += 1) pack.add([document(n)]);
    let settled = 0;
    const failing = pack.sendEach(async () => {
      settled += 1;
      if (settled === 2) throw new Error('refused');
    }, 3);
    await expect(failing).rejects.toThrow('refused');
    expect(settled).toBeGreaterThan(2);
  });
});
