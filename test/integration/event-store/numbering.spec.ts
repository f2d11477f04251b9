import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { CommandRunner, EventStore, Numbering, StoreError, type StoredEvent } from '#libs/event-store';
import { commandIdOf, DomainError, streamName } from '#libs/kernel';
import { openTestEventStore, uniqueCommunity, type TestEventStore } from '../../support/stores.js';

let server: TestEventStore;
let store: EventStore;
let numbering: Numbering;
let communityId: string;
const SERIES = 'receipt/2026';

beforeAll(async () => {
  server = await openTestEventStore();
  store = EventStore.connect(server.eventstoreUrl);
});

afterAll(async () => {
  await store.close();
  await server.close();
});

beforeEach(() => {
  numbering = newNumbering();
  communityId = uniqueCommunity();
});

const newNumbering = () => new Numbering(new CommandRunner(store), store);
const context = (key: string) => ({
  commandId: commandIdOf(communityId, 'test', key),
  actor: { id: 'cashier-1', role: 'cashier' },
  communityId,
});

async function stored(): Promise<StoredEvent[]> {
  const events: StoredEvent[] = [];
  for await (const page of store.readStream(streamName('numbering', communityId, SERIES))) events.push(...page);
  return events;
}

describe('Numbering (D17)', () => {
  it('draws without gaps, from several processes at once', async () => {
    const all = [numbering, newNumbering(), newNumbering()];
    const numbers = await Promise.all(Array.from({ length: 30 }, (_, n) => all[n % 3]!.next(SERIES, context(`c${n}`))));
    expect(numbers.sort((a, b) => a - b)).toEqual(Array.from({ length: 30 }, (_, n) => n + 1));
  });

  it('finds the number of the same command again, as after a crash', async () => {
    await numbering.next(SERIES, context('first'));
    const number = await numbering.next(SERIES, context('a'));
    await numbering.next(SERIES, context('b'));
    expect(await numbering.next(SERIES, context('a'))).toBe(number);
    expect(await newNumbering().next(SERIES, context('a'))).toBe(2);
    expect(await stored()).toHaveLength(3);
  });

  it('counts each series and community on its own', async () => {
    await numbering.next(SERIES, context('a'));
    expect(await numbering.next('receipt/2027', context('a'))).toBe(1);
    expect(await numbering.next(SERIES, { ...context('a'), communityId: uniqueCommunity() })).toBe(1);
  });

  it('records the number of a refused command as void, and gives a new one when it is tried again', async () => {
    const refuse = async () => {
      throw new DomainError('NO', 'refused');
    };
    await expect(numbering.withNumber(SERIES, context('a'), refuse)).rejects.toMatchObject({ code: 'NO' });
    const events = await stored();
    expect(events.map((e) => [e.type, e.data])).toEqual([
      ['NumberDrawn', { series: SERIES, number: 1, forCommandId: context('a').commandId }],
      ['NumberVoided', { series: SERIES, number: 1, forCommandId: context('a').commandId }],
    ]);
    expect(events[1]!.metadata.$causationId).toBe(context('a').commandId);
    await numbering.markVoid(SERIES, 1, context('a'));
    expect(await stored()).toHaveLength(2);
    expect(await newNumbering().withNumber(SERIES, context('a'), async (n) => n)).toBe(2);
    expect(await newNumbering().withNumber(SERIES, context('a'), async (n) => n)).toBe(2);
    expect(await numbering.next(SERIES, context('b'))).toBe(3);
  });

  it('does not void a number when it is not known whether the command was stored, or when its id was reused', async () => {
    for (const error of [new StoreError('STORE_UNAVAILABLE', 'away'), new DomainError('COMMAND_ID_REUSED', 'reused')]) {
      const fail = async () => {
        throw error;
      };
      await expect(numbering.withNumber(SERIES, context('a'), fail)).rejects.toBe(error);
    }
    expect(await numbering.next(SERIES, context('a'))).toBe(1);
    expect(await stored()).toHaveLength(1);
  });

  it('voids only what was drawn', async () => {
    await expect(numbering.markVoid(SERIES, 1, context('a'))).rejects.toMatchObject({ code: 'NUMBER_NOT_DRAWN' });
  });
});
