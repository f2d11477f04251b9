import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { EventStore } from '#libs/event-store';
import { Drain, LiveRunner, type DrainOptions } from '#libs/projection-engine';
import { ReadStore } from '#libs/read-store';
import { projections } from '#projections';
import { everyKindOfEvent } from '../support/every-kind-of-event.js';
import { deliveringTwice, Interrupter, interrupted, Stopped } from '../support/interrupter.js';
import { readModelDigests } from '../support/read-model-digest.js';
import { openTestStores, uniqueCommunity, type TestStores } from '../support/stores.js';
import { FactLog } from '../support/stored-log.js';
import { TcpProxy } from '../support/tcp-proxy.js';

const DEFERRAL = { events: 24, documents: 12, bytes: 2 ** 20, packBytes: 2 ** 20 };
const CUT = { maxBatchEvents: 12, pageSize: 10, deferral: DEFERRAL, checkpointIntervalMs: 0 };
/** One point in so many is tried; by hand FAULT_STRIDE=1 tries them all. */
const STRIDE = Number(process.env['FAULT_STRIDE'] ?? 29);

describe('stopped at any await point, and started again', () => {
  let stores: TestStores;
  let events: EventStore;
  let head: bigint;
  let expected: Record<string, string>;
  const run = randomUUID().slice(0, 8);

  const source = () => ({
    headPosition: () => Promise.resolve(head),
    readAll: (...args: Parameters<EventStore['readAll']>) => events.readAll(...args),
    readStream: (...args: Parameters<EventStore['readStream']>) => events.readStream(...args),
    subscribeAll: (...args: Parameters<EventStore['subscribeAll']>) => events.subscribeAll(...args),
  });
  const openModels = (name: string, url = stores.mongodbUrl) =>
    ReadStore.connect(url, { database: `fault_${run}_${name}` });
  const drainOf = (options: Pick<DrainOptions, 'source' | 'stores'>, cut: object = CUT) =>
    new Drain({ projections, ...cut, ...options });

  /** Folds by subscription up to the head. */
  async function live(drain: Drain): Promise<void> {
    const stop = new AbortController();
    await drain.live(stop.signal, (upTo) => upTo >= head && stop.abort());
  }

  async function digestsThenDrop(models: ReadStore): Promise<Record<string, string>> {
    const digests = await readModelDigests(models);
    await models.dropDatabase();
    await models.close();
    return digests;
  }

  beforeAll(async () => {
    stores = await openTestStores();
    events = EventStore.connect(stores.eventstoreUrl);
    head = await new FactLog(events).append(everyKindOfEvent(uniqueCommunity()));
    const models = await openModels('undisturbed');
    await drainOf({ source: source(), stores: models }, {}).catchUp(head);
    expected = await digestsThenDrop(models);
  });

  afterAll(async () => {
    await events?.close();
    await stores?.close();
  });

  it('the log has something for every read model, and something that is parked', () => {
    expect(Object.keys(expected)).toEqual(
      expect.arrayContaining([
        ...projections.map(({ name, version }) => `${name}.v${version}`),
        'parked',
        'checkpoints',
      ]),
    );
    const empty = '47DEQpj8HBSa';
    for (const digest of Object.values(expected)) expect(digest.startsWith(empty)).toBe(false);
  });

  it.each(['catching up', 'live'])(
    '%s: the same bytes as without a stop',
    async (mode) => {
      const fold = (drain: Drain): Promise<void> => (mode === 'live' ? live(drain) : drain.catchUp(head));
      const stopsAt = new Set<string>();
      let point = 1;
      for (; ; point += STRIDE) {
        const models = await openModels(`${mode.slice(0, 4)}_${point}`);
        const interrupter = new Interrupter(point);
        const stopped = await fold(drainOf(interrupted(interrupter, { source: source(), stores: models }))).then(
          () => undefined,
          (error: unknown) => error,
        );
        if (interrupter.stopped) {
          expect(stopped).toBeInstanceOf(Stopped);
          stopsAt.add(interrupter.passed.at(-1)!);
          await fold(drainOf({ source: source(), stores: models }, { ...CUT, maxBatchEvents: 7 }));
          await interrupter.settled();
        }
        expect({ point, ...(await digestsThenDrop(models)) }).toEqual({ point, ...expected });
        if (!interrupter.stopped) break;
      }
      expect(point).toBeGreaterThan(100);
      const kinds = [
        'before store.replace',
        'halfway store.replace',
        'after store.replace',
        'halfway store.insertPack',
        'after store.saveCheckpoint',
      ];
      if (STRIDE === 1) expect([...stopsAt]).toEqual(expect.arrayContaining(kinds));
    },
    600_000,
  );

  it.each(['catching up', 'live'])('%s, everything delivered twice: the same bytes', async (mode) => {
    const models = await openModels(`twice_${mode.slice(0, 4)}`);
    const drain = drainOf({ source: deliveringTwice(source()), stores: models });
    await (mode === 'live' ? live(drain) : drain.catchUp(head));
    expect(await digestsThenDrop(models)).toEqual(expected);
  });

  it('connections that break at any await point, on either side: the same bytes', async () => {
    const ports = [new URL(stores.eventstoreUrl), new URL(stores.mongodbUrl)].map(({ port }) => Number(port));
    const proxies = await Promise.all(ports.map((port) => TcpProxy.start({ host: '127.0.0.1', port })));
    const throughProxy = EventStore.connect(`esdb://127.0.0.1:${proxies[0]!.port}?tls=false`);
    const models = await openModels('broken', `mongodb://127.0.0.1:${proxies[1]!.port}/?directConnection=true`);
    const breaks = Array.from({ length: 12 }, (_, n) => 5 + n * 11);
    for (const [n, point] of breaks.entries()) {
      await models.dropDatabase();
      const broken = new Interrupter(point, () => proxies[n % 2]!.drop());
      const stop = new AbortController();
      const own = {
        ...source(),
        readAll: throughProxy.readAll.bind(throughProxy),
        subscribeAll: throughProxy.subscribeAll.bind(throughProxy),
      };
      const caughtUp = new Promise<void>((resolve) => {
        const runner = new LiveRunner({
          projections,
          ...CUT,
          ...interrupted(broken, { source: own, stores: models }),
          onCaughtUp: resolve,
        });
        void runner.run(stop.signal).then(resolve);
      });
      await caughtUp;
      stop.abort();
      const found = await openModels('broken');
      expect({ point, ...(await readModelDigests(found)) }).toEqual({ point, ...expected });
      await found.close();
    }
    await models.dropDatabase();
    await Promise.all([models.close(), throughProxy.close()]);
    await Promise.all(proxies.map((proxy) => proxy.close()));
  }, 300_000);
});
