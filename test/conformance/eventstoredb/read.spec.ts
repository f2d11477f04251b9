import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  type AllStreamResolvedEvent,
  BACKWARDS,
  END,
  EventStoreDBClient,
  FORWARDS,
  type Position,
  START,
  StreamNotFoundError,
} from '@eventstore/db-client';
import { type Target, collect, freshStream, numbered, numbersOf, startTarget } from './target.js';

let target: Target;
let client: EventStoreDBClient;
beforeAll(async () => {
  target = await startTarget();
  client = target.client;
});
afterAll(() => target.stop());

const range = (from: number, count: number): number[] => Array.from({ length: count }, (_, index) => from + index);

describe('reading a stream', () => {
  const stream = freshStream();
  beforeAll(async () => {
    for (let n = 0; n < 1200; n += 400) await client.appendToStream(stream, numbered(400, n));
    for (let n = 1200; n < 1210; n++) await client.appendToStream(stream, numbered(1, n));
  });

  it('forwards from start, a revision, end', async () => {
    expect(numbersOf(await collect(client.readStream(stream)))).toEqual(range(0, 1210));
    const later = await collect(client.readStream(stream, { fromRevision: 399n, maxCount: 3 }));
    expect(numbersOf(later)).toEqual([399, 400, 401]);
    expect(await collect(client.readStream(stream, { fromRevision: 5000n }))).toEqual([]);
  });

  it('backwards from end, a revision, start', async () => {
    const read = (fromRevision: bigint | typeof END | typeof START, maxCount = 2000) =>
      collect(client.readStream(stream, { direction: BACKWARDS, fromRevision, maxCount }));
    expect(numbersOf(await read(END))).toEqual(range(0, 1210).reverse());
    expect(numbersOf(await read(END, 1))).toEqual([1209]);
    expect(numbersOf(await read(401n, 4))).toEqual([401, 400, 399, 398]);
    expect(numbersOf(await read(START))).toEqual([0]);
    expect(numbersOf(await read(5000n, 2))).toEqual([1209, 1208]);
  });

  it('numbers revisions and gives positions', async () => {
    const events = await collect(client.readStream(stream, { fromRevision: 10n, maxCount: 2 }));
    expect(events.map(({ event }) => event!.revision)).toEqual([10n, 11n]);
    const [first, second] = events.map(({ event }) => event!.position!);
    expect(second!.commit > first!.commit).toBe(true);
  });

  it('that does not exist is an error', async () => {
    const missing = freshStream();
    const error = await collect(client.readStream(missing)).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(StreamNotFoundError);
    expect((error as StreamNotFoundError).streamName).toBe(missing);
    await expect(
      collect(client.readStream(missing, { direction: BACKWARDS, fromRevision: END })),
    ).rejects.toBeInstanceOf(StreamNotFoundError);
  });

  it('can be given up half-way', async () => {
    const reading = client.readStream(stream);
    expect(numbersOf(await collect(reading, 3))).toEqual([0, 1, 2]);
    await reading.cancel();
  });
});

describe('reading $all', () => {
  const streams = range(0, 5).map(() => freshStream('readall'));
  let first: Position;
  let last: Position;
  const own = (events: readonly AllStreamResolvedEvent[]): AllStreamResolvedEvent[] =>
    events.filter(({ event }) => streams.includes(event!.streamId));

  beforeAll(async () => {
    for (const [n, stream] of streams.entries()) {
      const { position } = await client.appendToStream(stream, numbered(10, n * 10, n % 2 === 0 ? 'Even' : 'Odd'));
      last = position!;
    }
    first = (await collect(client.readStream(streams[0]!, { maxCount: 1 })))[0]!.event!.position!;
  });

  it('forwards from a position (inclusive)', async () => {
    const events = own(await collect(client.readAll({ fromPosition: first })));
    expect(numbersOf(events)).toEqual(range(0, 50));
    const positions = events.map(({ event }) => event!.position!.commit);
    expect([...positions].sort((a, b) => (a < b ? -1 : 1))).toEqual(positions);
    expect(new Set(positions).size).toBe(50);
    expect(events[0]!.commitPosition).toBe(first.commit);
  });

  it('backwards from a position (exclusive) and from the end', async () => {
    // Others may write between: what is read backwards goes on until all own events are seen.
    const backFrom = async (fromPosition: Position | typeof END, count: number): Promise<number[]> => {
      const seen: AllStreamResolvedEvent[] = [];
      for await (const event of client.readAll({ direction: BACKWARDS, fromPosition })) {
        if (own([event]).length > 0 && seen.push(event) === count) break;
      }
      return numbersOf(seen);
    };
    expect(await backFrom(last, 49)).toEqual(range(0, 49).reverse());
    expect(await backFrom(END, 50)).toEqual(range(0, 50).reverse());
    expect(await collect(client.readAll({ direction: BACKWARDS, fromPosition: START, maxCount: 1 }))).toEqual([]);
    expect(await collect(client.readAll({ direction: FORWARDS, fromPosition: END, maxCount: 5 }))).toEqual([]);
  });

  it('with max count', async () => {
    expect(await collect(client.readAll({ maxCount: 7 }))).toHaveLength(7);
    expect(await collect(client.readAll({ maxCount: 7, direction: BACKWARDS, fromPosition: END }))).toHaveLength(7);
  });
});
