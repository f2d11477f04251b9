import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  BACKWARDS,
  END,
  EventStoreDBClient,
  StreamDeletedError,
  StreamNotFoundError,
  WrongExpectedVersionError,
} from '@eventstore/db-client';
import { type Target, collect, freshStream, numbered, numbersOf, startTarget } from './target.js';

let target: Target;
let client: EventStoreDBClient;
beforeAll(async () => {
  target = await startTarget();
  client = target.client;
});
afterAll(() => target.stop());

async function streamOf(count: number): Promise<string> {
  const stream = freshStream();
  await client.appendToStream(stream, numbered(count));
  return stream;
}
const numbersIn = async (stream: string): Promise<number[]> => numbersOf(await collect(client.readStream(stream)));
const numbersBackwards = async (stream: string): Promise<number[]> =>
  numbersOf(await collect(client.readStream(stream, { direction: BACKWARDS, fromRevision: END })));

describe('delete', () => {
  it.each(['any' as const, 3n])('a stream, expecting %s: it is no longer found', async (expectedRevision) => {
    const stream = await streamOf(4);
    const { position } = await client.deleteStream(stream, { expectedRevision });
    expect(position!.commit).toBeGreaterThan(0n);
    await expect(numbersIn(stream)).rejects.toBeInstanceOf(StreamNotFoundError);
    await expect(numbersBackwards(stream)).rejects.toBeInstanceOf(StreamNotFoundError);
  });

  it.each(['no_stream' as const, 1n, 9n])('is refused, expecting %s wrongly', async (expectedRevision) => {
    const stream = await streamOf(4);
    const error = await client.deleteStream(stream, { expectedRevision }).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(WrongExpectedVersionError);
    const expectedVersion = expectedRevision === 'no_stream' ? -1n : expectedRevision;
    expect(error).toMatchObject({ streamName: stream, expectedVersion, actualVersion: 3n });
    expect(await numbersIn(stream)).toHaveLength(4);
  });

  it('of a stream that does not exist is refused', async () => {
    await expect(client.deleteStream(freshStream())).rejects.toBeInstanceOf(WrongExpectedVersionError);
  });

  it('of a stream that has only metadata succeeds', async () => {
    const stream = freshStream();
    await client.setStreamMetadata(stream, { cacheControl: 10 });
    await client.deleteStream(stream, { expectedRevision: 'no_stream' });
  });

  it.each(['any' as const, 'no_stream' as const, 3n])(
    'and append again, expecting %s: revisions go on',
    async (expected) => {
      const stream = await streamOf(4);
      await client.deleteStream(stream);
      const result = await client.appendToStream(stream, numbered(2, 10), { expectedRevision: expected });
      expect(result.nextExpectedRevision).toBe(5n);
      expect(await numbersIn(stream)).toEqual([10, 11]);
      expect(await numbersBackwards(stream)).toEqual([11, 10]);
      const { metadata } = await client.getStreamMetadata(stream);
      expect(metadata).toEqual({ truncateBefore: 4 });
      // In $all the events come first, then what brings the stream back.
      const since = await collect(client.readAll({ fromPosition: result.position!, maxCount: 100 }));
      const streams = since.map(({ event }) => event!.streamId).filter((id) => id.endsWith(stream));
      expect(streams).toEqual([stream, `$$${stream}`]);
      await client.appendToStream(stream, numbered(1, 12), { expectedRevision: 5n });
      expect(await numbersIn(stream)).toEqual([10, 11, 12]);
    },
  );

  it('and append expecting that it exists is refused', async () => {
    const stream = await streamOf(1);
    await client.deleteStream(stream);
    const append = client.appendToStream(stream, numbered(1), { expectedRevision: 'stream_exists' });
    await expect(append).rejects.toBeInstanceOf(StreamDeletedError);
  });

  it('keeps a subscription that goes on when the stream comes back', async () => {
    const stream = await streamOf(2);
    const subscription = client.subscribeToStream(stream);
    const seen: number[] = [];
    subscription.on('data', (event) => seen.push(...numbersOf([event])));
    const until = async (count: number): Promise<void> => {
      while (seen.length < count) await once(subscription, 'data');
    };
    await until(2);
    await client.deleteStream(stream);
    await client.appendToStream(stream, numbered(2, 10));
    await until(4);
    expect(seen).toEqual([0, 1, 10, 11]);
    await subscription.unsubscribe();
  });
});

describe('tombstone', () => {
  it('ends a stream for ever', async () => {
    const stream = await streamOf(2);
    const { position } = await client.tombstoneStream(stream, { expectedRevision: 1n });
    expect(position!.commit).toBeGreaterThan(0n);
    const reading = await numbersIn(stream).catch((caught: unknown) => caught);
    expect(reading).toBeInstanceOf(StreamDeletedError);
    expect((reading as StreamDeletedError).streamName).toBe(stream);
    const batch = await client.appendToStream(stream, numbered(1)).catch((caught: unknown) => caught);
    expect(batch).toBeInstanceOf(StreamDeletedError);
    expect((batch as StreamDeletedError).streamName).toBe(stream);
    const credentials = { username: 'admin', password: 'changeit' };
    await expect(client.appendToStream(stream, numbered(1), { credentials })).rejects.toBeInstanceOf(
      StreamDeletedError,
    );
    await expect(client.setStreamMetadata(stream, { maxCount: 1 })).rejects.toBeInstanceOf(StreamDeletedError);
    await expect(client.tombstoneStream(stream)).rejects.toBeInstanceOf(StreamDeletedError);
    await expect(client.deleteStream(stream)).rejects.toBeInstanceOf(StreamDeletedError);
  });

  it('of a stream that does not exist keeps it from being', async () => {
    const stream = freshStream();
    await client.tombstoneStream(stream, { expectedRevision: 'no_stream' });
    await expect(client.appendToStream(stream, numbered(1))).rejects.toBeInstanceOf(StreamDeletedError);
  });

  it('is refused, expecting another revision', async () => {
    const stream = await streamOf(2);
    const error = await client.tombstoneStream(stream, { expectedRevision: 5n }).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(WrongExpectedVersionError);
    expect(error).toMatchObject({ streamName: stream, expectedVersion: 5n, actualVersion: 1n });
  });

  it('is an event of $all', async () => {
    const stream = await streamOf(1);
    const { position } = await client.tombstoneStream(stream);
    const [event] = await collect(client.readAll({ fromPosition: position!, maxCount: 1 }));
    expect(event!.event).toMatchObject({ streamId: stream, type: '$streamDeleted', revision: 9223372036854775807n });
  });
});

describe('metadata', () => {
  it('is none, or what was set last, custom keys included', async () => {
    const stream = freshStream();
    expect(await client.getStreamMetadata(stream)).toEqual({ streamName: stream });
    const metadata = {
      maxAge: 200,
      cacheControl: 15,
      truncateBefore: 1,
      maxCount: 12,
      turkey: '🦃',
      acl: {
        readRoles: ['admin'],
        writeRoles: ['admin'],
        deleteRoles: ['admin'],
        metaReadRoles: ['a'],
        metaWriteRoles: ['b'],
      },
    };
    await client.setStreamMetadata(stream, { maxCount: 1 });
    await client.setStreamMetadata<{ turkey: string }>(stream, metadata, { expectedRevision: 0n });
    expect((await client.getStreamMetadata(stream)).metadata).toEqual(metadata);
    const refused = client.setStreamMetadata(stream, { maxCount: 2 }, { expectedRevision: 0n });
    await expect(refused).rejects.toBeInstanceOf(WrongExpectedVersionError);
  });

  it('$maxCount keeps the last events', async () => {
    const stream = await streamOf(10);
    await client.setStreamMetadata(stream, { maxCount: 3 });
    expect(await numbersIn(stream)).toEqual([7, 8, 9]);
    expect(await numbersBackwards(stream)).toEqual([9, 8, 7]);
    await client.appendToStream(stream, numbered(1, 10));
    expect(await numbersIn(stream)).toEqual([8, 9, 10]);
  });

  it('$tb hides what lies before', async () => {
    const stream = await streamOf(10);
    await client.setStreamMetadata(stream, { truncateBefore: 8 });
    expect(await numbersIn(stream)).toEqual([8, 9]);
    expect(await numbersBackwards(stream)).toEqual([9, 8]);
    const subscription = client.subscribeToStream(stream);
    expect(numbersOf(await collect(subscription, 2))).toEqual([8, 9]);
    await subscription.unsubscribe();
    await client.setStreamMetadata(stream, { truncateBefore: 10 });
    expect(await numbersIn(stream)).toEqual([]);
  });

  it('$maxAge hides what is older', async () => {
    const stream = await streamOf(2);
    await client.setStreamMetadata(stream, { maxAge: 3 });
    expect(await numbersIn(stream)).toEqual([0, 1]);
    await delay(3100);
    await client.appendToStream(stream, numbered(1, 2));
    expect(await numbersIn(stream)).toEqual([2]);
  });
});
