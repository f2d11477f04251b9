import { describe, expect, it } from '@jest/globals';
import type { CheckpointDocument, ProjectionStore } from '#libs/read-store';
import { Checkpointer } from './checkpointer.js';
import { boxes, MemoryStores } from './engine.fixtures.js';
import { Tally } from './tally.js';

function slowStore(): { store: ProjectionStore; saved: bigint[]; finish: () => void } {
  const saved: bigint[] = [];
  const waiting: (() => void)[] = [];
  const store = new MemoryStores().projectionStore(boxes);
  store.saveCheckpoint = ({ position }: CheckpointDocument) => {
    saved.push(position);
    return new Promise((resolve) => void waiting.push(resolve));
  };
  return { store, saved, finish: () => waiting.shift()?.() };
}

const at = (position: bigint) => ({ position, tally: new Tally(), parked: 0 });
const turn = (ms = 0) => new Promise((resolve) => setTimeout(resolve, ms));
const now = () => '2026-01-01T00:00:00.000Z';

describe('the checkpointer', () => {
  it('saves one at a time and gathers what comes meanwhile', async () => {
    const { store, saved, finish } = slowStore();
    const checkpointer = new Checkpointer(store, { intervalMs: 0, now, onFailure: () => undefined });
    for (const position of [1n, 2n, 3n]) checkpointer.note(at(position), true);
    expect(saved).toEqual([1n]);
    finish();
    await turn(5);
    expect(saved).toEqual([1n, 3n]);
  });

  it('keeps its interval for what is not urgent, and forgets nothing', async () => {
    const { store, saved } = slowStore();
    const checkpointer = new Checkpointer(store, { intervalMs: 30, now, onFailure: () => undefined });
    checkpointer.note(at(1n), false);
    checkpointer.note(at(2n), false);
    expect(saved).toEqual([]);
    await turn(60);
    expect(saved).toEqual([2n]);
  });

  it('saves at the end what was not saved yet', async () => {
    const { store, saved, finish } = slowStore();
    const checkpointer = new Checkpointer(store, { intervalMs: 60_000, now, onFailure: () => undefined });
    checkpointer.note(at(4n), false);
    const flushed = checkpointer.flush();
    await turn();
    finish();
    await flushed;
    await checkpointer.flush();
    expect(saved).toEqual([4n]);
  });

  it('waits at the end for the save that the one before it has begun', async () => {
    const { store, saved, finish } = slowStore();
    const checkpointer = new Checkpointer(store, { intervalMs: 0, now, onFailure: () => undefined });
    for (const position of [1n, 2n]) checkpointer.note(at(position), true);
    let isFlushed = false;
    const flushed = checkpointer.flush().then(() => (isFlushed = true));
    finish();
    await turn(5);
    expect([saved, isFlushed]).toEqual([[1n, 2n], false]);
    finish();
    await flushed;
  });

  it('tells of a failed save at once, and again to whoever asks', async () => {
    const store = new MemoryStores().projectionStore(boxes);
    store.saveCheckpoint = () => Promise.reject(new Error('store away'));
    const heard: unknown[] = [];
    const checkpointer = new Checkpointer(store, { intervalMs: 0, now, onFailure: (error) => void heard.push(error) });
    checkpointer.note(at(1n), true);
    await turn();
    expect(heard.map(String)).toEqual(['Error: store away']);
    expect(() => checkpointer.check()).toThrow('store away');
    await expect(checkpointer.flush()).rejects.toThrow('store away');
  });
});
