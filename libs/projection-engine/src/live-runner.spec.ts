import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '#libs/kernel';
import { boxes, lines, MemorySource, MemoryStores, put, sourceEvent } from './engine.fixtures.js';
import { measureLag } from './lag.js';
import { LiveRunner } from './live-runner.js';

const projections = [boxes, lines];

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2));
}

describe('a live runner', () => {
  it('goes on after the source and the store have failed', async () => {
    const [source, stores, stop] = [new MemorySource(), new MemoryStores(), new AbortController()];
    source.append(put(1, ['a'], 'cup'));
    source.failOnce = new Error('no connection');
    const retries: string[] = [];
    const onRetry = (error: unknown) => void retries.push(String(error));
    const runner = new LiveRunner({ source, stores, projections, onRetry });
    const running = runner.run(stop.signal);
    await until(() => runner.state === 'live');
    let failures = 1;
    stores.interrupt = (step) => {
      if (step === 'insert' && failures-- > 0) throw new Error('store away');
    };
    source.append(put(2, ['a'], 'pen'));
    await until(() => stores.checkpoints.get('lines.v1')?.position === 2n);
    stop.abort();
    await running;
    expect(runner.state).toBe('stopped');
    expect(retries).toEqual(['Error: no connection', 'Error: store away']);
    expect(stores.documents(boxes)[0]).toMatchObject({ items: ['cup', 'pen'] });
  });

  it('goes on beside an event that a projection fails on, and says so at once', async () => {
    const [source, stores, stop] = [new MemorySource(), new MemoryStores(), new AbortController()];
    const told: string[] = [];
    const onParked = ({ _id, cause }: { _id: string; cause: string | null }) => void told.push(`${_id} ${cause}`);
    const running = new LiveRunner({ source, stores, projections, onParked }).run(stop.signal);
    source.append(put(1, ['a'], 'poison'), put(2, ['b'], 'cup'));
    await until(() => stores.checkpoints.get('boxes.v1')?.position === 2n);
    stop.abort();
    await running;
    expect(told).toEqual(['boxes.v1@1/0 Error: cannot hold it']);
    expect(stores.checkpoints.get('boxes.v1')).toMatchObject({ parked: 1n });
  });
});

describe('lag', () => {
  const clock = new ManualClock('2026-01-01T00:00:20.000Z');
  const [source, stores] = [new MemorySource(), new MemoryStores()];
  const lagOf = () => measureLag({ source, store: stores, projections, clock, countedAtMost: 3 });
  const runOnce = async () => {
    const stop = new AbortController();
    const running = new LiveRunner({ source, stores, projections, clock }).run(stop.signal);
    await until(() => stores.checkpoints.get('boxes.v1')?.position === source.events.at(-1)?.position);
    stop.abort();
    await running;
  };

  it('is the events not folded and the age of the oldest; stalled is not current', async () => {
    source.append(put(1, ['a'], 'cup'), put(2, ['a'], 'pen'));
    expect(await lagOf()).toMatchObject([
      { name: 'boxes', events: 2, ms: 20_000, state: 'stalled', position: -1n },
      { name: 'lines', events: 2, ms: 20_000, state: 'stalled' },
    ]);
    await runOnce();
    expect(await lagOf()).toMatchObject([{ events: 0, ms: 0, state: 'current', position: 2n }, { state: 'current' }]);
    clock.advance(60_000);
    expect(await lagOf()).toMatchObject([{ state: 'current' }, { state: 'current' }]);
  });

  it('tells what has just come from what nobody folds', async () => {
    await runOnce();
    const emptied = sourceEvent(3, 'Emptied', { boxes: ['a'] });
    source.append({ ...emptied, metadata: { ...emptied.metadata, recordedAt: clock.now() } });
    clock.advance(500);
    expect(await lagOf()).toMatchObject([
      { events: 1, ms: 500, state: 'behind' },
      { events: 0, state: 'current' },
    ]);
    clock.advance(10_000);
    expect(await lagOf()).toMatchObject([{ state: 'stalled' }, { state: 'current' }]);
  });

  it('is counted up to a limit', async () => {
    source.append(...[4, 5, 6, 7].map((position) => put(position, ['a'], 'x')));
    expect(await lagOf()).toMatchObject([
      { events: 3, more: true },
      { events: 2, more: true },
    ]);
  });
});
