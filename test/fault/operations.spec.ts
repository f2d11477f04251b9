import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ReadStore, type ControlRequest } from '#libs/read-store';
import type { EventSource } from '#libs/projection-engine';
import { MemoryLog } from '../../projections/account-log.fixtures.js';
import { behindGate, type Gate } from '../support/driver-gate.js';
import { everyKindOfEvent } from '../support/every-kind-of-event.js';
import { Interrupter, Stopped } from '../support/interrupter.js';
import { memorySource } from '../support/memory-source.js';
import { readModelDigests } from '../support/read-model-digest.js';
import { askForEverything, workThrough } from '../support/read-model-work.js';
import { openTestStores, type TestStores } from '../support/stores.js';

/** One point in so many is tried; by hand FAULT_STRIDE=1 tries them all. */
const STRIDE = Number(process.env['FAULT_STRIDE'] ?? 170);
const COMMUNITY = 'yinghu';

function sourceOf(): EventSource {
  const log = new MemoryLog();
  for (const {
    stream,
    type,
    data,
    effectiveOn = '2026-01-01',
    occurredAt = '2026-01-01T00:00:00.000Z',
  } of everyKindOfEvent(COMMUNITY))
    log.append(COMMUNITY, stream, [{ type, data, effectiveOn, occurredAt }]);
  return memorySource(log.events);
}

describe('a process that folds, builds, switches, goes back, drops, retries and discards', () => {
  let stores: TestStores;
  let source: EventSource;
  let discarded: readonly string[];
  let expected: Record<string, string>;
  const run = randomUUID().slice(0, 8);
  const open = (name: string) => ReadStore.connect(stores.mongodbUrl, { database: `work_${run}_${name}` });

  async function undisturbed(): Promise<Record<string, string>> {
    const store = await open('undisturbed');
    await workThrough(store, source);
    const heads: string[] = [];
    for await (const { _id, model } of store.parked.listHeads())
      if (model === 'conservation' || model === 'ledger') heads.push(_id);
    discarded = heads;
    await store.dropDatabase();
    await askForEverything(store, discarded);
    await workThrough(store, source);
    const found = await readModelDigests(store);
    const failed = await store
      .collection<ControlRequest>('read_model_requests')
      .find({ state: { $ne: 'done' } })
      .toArray();
    expect(failed.map(({ action, error }) => [action, error])).toEqual([]);
    await store.dropDatabase();
    await store.close();
    return found;
  }

  beforeAll(async () => {
    stores = await openTestStores();
    source = sourceOf();
    expected = await undisturbed();
  });

  afterAll(() => stores?.close());

  it('has something to do of each kind', () => {
    expect(discarded.length).toBeGreaterThan(1);
    expect(Object.keys(expected)).toEqual(
      expect.arrayContaining(['counts.v1', 'decisions', 'discarded', 'ledger.v1.r2', 'parked', 'read_models']),
    );
    expect(Object.keys(expected)).not.toContain('arrears-totals.v1.r2');
  });

  it('stopped at any await point of a write, and begun again by another: the same bytes', async () => {
    const stoppedAt = new Set<string>();
    let point = 1;
    for (; ; point += STRIDE) {
      const [store, doomed] = [await open(`${point}`), await open(`${point}`)];
      await askForEverything(store, discarded);
      const interrupter = new Interrupter(point);
      const outcome = await workThrough(
        behindGate(doomed, (call) => interrupter.pass(call)),
        source,
      ).catch((e: unknown) => e);
      if (interrupter.stopped) {
        expect(outcome).toBeInstanceOf(Stopped);
        stoppedAt.add(interrupter.passed.at(-1)!);
        await workThrough(store, source);
        await interrupter.settled();
      }
      expect({ point, ...(await readModelDigests(store)) }).toEqual({ point, ...expected });
      await store.dropDatabase();
      await Promise.all([store.close(), doomed.close()]);
      if (!interrupter.stopped) break;
    }
    expect(point).toBeGreaterThan(400);
    if (STRIDE === 1)
      process.stderr.write(`${point} await points, ${stoppedAt.size} kinds\n${[...stoppedAt].sort().join('\n')}\n`);
  }, 3_600_000);

  it('paused before any write, and woken when another has taken over and done it all: nothing changes', async () => {
    let point = Math.ceil(STRIDE / 2);
    for (let isPaused = true; isPaused; point += STRIDE) {
      const [store, late] = [await open(`late_${point}`), await open(`late_${point}`)];
      await askForEverything(store, discarded);
      const pause = pauseAt(point);
      const sleeper = workThrough(behindGate(late, pause.gate), source).catch(() => undefined);
      isPaused = await Promise.race([pause.paused.then(() => true), sleeper.then(() => false)]);
      if (isPaused) {
        await workThrough(store, source);
        expect({ point, ...(await readModelDigests(store)) }).toEqual({ point, ...expected });
        const before = await everything(store);
        pause.wake();
        await sleeper;
        expect({ point, where: pause.where(), ...(await everything(store)) }).toEqual({
          point,
          where: pause.where(),
          ...before,
        });
      }
      await store.dropDatabase();
      await Promise.all([store.close(), late.close()]);
    }
    expect(point).toBeGreaterThan(150);
  }, 3_600_000);
});

/** A gate that closes before the n-th write, until it is told to open. */
function pauseAt(point: number) {
  let passed = 0;
  let at = '';
  let [said, wake] = [(): void => undefined, (): void => undefined];
  const paused = new Promise<void>((resolve) => (said = resolve));
  const opened = new Promise<void>((resolve) => (wake = resolve));
  const gate: Gate = async ({ place, args, run }) => {
    passed += 1;
    if (passed >= point) {
      at ||= place;
      said();
      await opened;
    }
    return run(args);
  };
  return { gate, paused, wake: () => wake(), where: () => at };
}

/** Every document of every collection, whoever wrote it. */
async function everything(store: ReadStore): Promise<Record<string, object[]>> {
  const found: Record<string, object[]> = {};
  for (const name of await store.listCollections())
    found[name] = await store.collection(name).find({}).sort({ _id: 1 }).toArray();
  return found;
}
