import { setTimeout as sleep } from 'node:timers/promises';
import { DomainError } from '#libs/kernel';
import { measureLag, type Projection } from '#libs/projection-engine';
import { waitForPosition, type CheckpointDocument } from '#libs/read-store';
import { MOST_WAIT_MS, type ApiOptions } from '../api-options.js';
import type { QueryOperation } from './operation-types.js';

/** What a query asks of the read models before it is answered. */
export interface QueryCut {
  /** Those that the answer comes from; none: straight from the event store. */
  readonly models: readonly Projection[];
  /** The write that must be seen; -1n: any state will do. */
  readonly after: bigint;
  /** The earlier position of which the answer is to be. */
  readonly at: bigint | undefined;
  readonly limitMs: number;
}

export interface Reached {
  /** That all of the models have reached; undefined without any. */
  readonly position: bigint | undefined;
  readonly checkpoints: readonly (CheckpointDocument | undefined)[];
  /** A token was asked for, and is not there. */
  readonly behind: boolean;
  /** Events of their types that the models have not folded (counted up to a limit), and the age of the oldest in milliseconds. */
  readonly behindEvents: number;
  readonly behindMs: number;
}

type Query = Readonly<Record<string, unknown>>;

const DEFAULT_WAIT_MS = 2_000;
const COUNTED_AT_MOST = 1_000;
const LOOK_EVERY_MS = 20;
const POSITION = /^\d{1,19}$/;

/** @throws DomainError POSITION_INVALID, REQUEST_INVALID, AT_NOT_KEPT */
export function cutOf({ models, history }: QueryOperation, { after, waitMs, at }: Query): QueryCut {
  const limitMs = waitMs === undefined ? DEFAULT_WAIT_MS : parseWait(waitMs);
  const token = after === undefined ? -1n : parsePosition(after, 'after');
  if (at === undefined) return { models, after: token, at, limitMs };
  if (!history) throw new DomainError('AT_NOT_KEPT', 'This answer is kept for the present only');
  return { models: history === 'stream' ? [] : history, after: token, at: parsePosition(at, 'at'), limitMs };
}

/** Waits for what is asked, and for nothing else. @throws DomainError AT_NOT_REACHED */
export async function reach(cut: QueryCut, options: ApiOptions): Promise<Reached> {
  const { models, after, at } = cut;
  const token = at !== undefined && at > after ? at : after;
  if (models.length === 0) return reachStore(cut, options);
  const { readStore: store, eventStore: source, clock } = options;
  const { limitMs } = cut;
  const { position, reached } = await waitForPosition(store, models, token, { limitMs });
  if (at !== undefined && position < at) throw notReached(at);
  const [checkpoints, head] = await Promise.all([store.liveCheckpoints(models), source.headPosition()]);
  const lag =
    position >= head
      ? []
      : await measureLag({ source, store, projections: models, clock, countedAtMost: COUNTED_AT_MOST });
  return {
    ...{ position, checkpoints, behind: !reached },
    behindEvents: Math.max(0, ...lag.map(({ events }) => events)),
    behindMs: Math.max(0, ...lag.map(({ ms }) => ms)),
  };
}

/** The event store itself is never behind; a position that it has not come to yet is waited for. */
async function reachStore({ at, limitMs }: QueryCut, { eventStore }: ApiOptions): Promise<Reached> {
  const deadline = performance.now() + limitMs;
  while (at !== undefined && (await eventStore.headPosition()) < at) {
    if (performance.now() >= deadline) throw notReached(at);
    await sleep(LOOK_EVERY_MS);
  }
  return { position: undefined, checkpoints: [], behind: false, behindEvents: 0, behindMs: 0 };
}

function notReached(at: bigint): DomainError {
  return new DomainError('AT_NOT_REACHED', `Position ${at} has not been reached`);
}

/** @throws DomainError POSITION_INVALID */
function parsePosition(text: unknown, name: string): bigint {
  const position = typeof text === 'string' && POSITION.test(text) ? BigInt(text) : undefined;
  if (position === undefined || position >= 2n ** 63n) {
    throw new DomainError('POSITION_INVALID', `${name} is not a position: digits only, below 2^63`);
  }
  return position;
}

function parseWait(text: unknown): number {
  const waitMs = typeof text === 'string' && /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (!(waitMs <= MOST_WAIT_MS)) {
    throw new DomainError('REQUEST_INVALID', `waitMs is a number of milliseconds, at most ${MOST_WAIT_MS}`);
  }
  return waitMs;
}
