import { setTimeout as sleep } from 'node:timers/promises';
import type { ModelName } from './naming.js';
import type { ReadStore } from './read-store.js';

export interface Freshness {
  /** The position that all of the models have reached: what an answer from them reflects. */
  readonly position: bigint;
  /** False: the models are still behind the token, and an answer must say so. */
  readonly reached: boolean;
}

const FIRST_PAUSE_MS = 2;
const LONGEST_PAUSE_MS = 50;

/**
 * Read your own write: waits until the live models have folded the event at `token` (the position of a command's result), up to
 * `limitMs` milliseconds. It looks at the checkpoints only, so it works whoever is folding.
 */
export async function waitForPosition(
  store: Pick<ReadStore, 'liveCheckpoints'>,
  models: readonly ModelName[],
  token: bigint,
  options: { readonly limitMs: number; readonly signal?: AbortSignal },
): Promise<Freshness> {
  const deadline = performance.now() + options.limitMs;
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    const checkpoints = await store.liveCheckpoints(models);
    const position = checkpoints.map((checkpoint) => checkpoint?.position ?? -1n).reduce((a, b) => (a < b ? a : b));
    const leftMs = deadline - performance.now();
    if (position >= token || leftMs <= 0) return { position, reached: position >= token };
    await sleep(Math.min(pauseMs, leftMs), undefined, options.signal ? { signal: options.signal } : {});
  }
}
