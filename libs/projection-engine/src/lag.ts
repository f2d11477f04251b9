import { systemClock, type Clock } from '#libs/kernel';
import type { ReadStore } from '#libs/read-store';
import { typeFilter } from './fold.js';
import type { Projection, SourceEvent } from './projection.js';
import type { EventSource } from './source.js';

export interface Lag {
  readonly name: string;
  readonly position: bigint;
  /** Events of its types that it has not folded; counted up to `countedAtMost`. */
  readonly events: number;
  /** True: there are more than were counted. */
  readonly more: boolean;
  /** Age of the oldest of them in milliseconds, by when it was recorded; 0 without any. */
  readonly ms: number;
  /** 'stalled': events wait and the checkpoint has not moved for a while. A projection that has nothing to fold is current, however old its checkpoint. */
  readonly state: 'current' | 'behind' | 'stalled';
}

export interface LagOptions {
  readonly source: Pick<EventSource, 'readAll'>;
  readonly store: Pick<ReadStore, 'liveCheckpoints'>;
  readonly projections: readonly Projection[];
  readonly clock?: Clock;
  /** How long a checkpoint may stand still while events wait, in milliseconds. */
  readonly stalledAfterMs?: number;
  /** Waiting events are counted so far only: what a rebuild has before it is no figure for a health check. */
  readonly countedAtMost?: number;
}

const STALLED_AFTER_MS = 10_000;
const COUNTED_AT_MOST = 10_000;

/** How far the live read models are behind, worked out from the store itself, whoever is folding. */
export async function measureLag(options: LagOptions): Promise<Lag[]> {
  const { projections, countedAtMost = COUNTED_AT_MOST } = options;
  const checkpoints = await options.store.liveCheckpoints(projections);
  const lowest = checkpoints
    .map((checkpoint) => checkpoint?.position ?? -1n)
    .reduce((a, b) => (a < b ? a : b), 2n ** 63n);
  const { events, more } = await waiting(options.source, lowest, countedAtMost);
  const now = Date.parse((options.clock ?? systemClock).now());
  return projections.map((projection, index): Lag => {
    const checkpoint = checkpoints[index];
    const position = checkpoint?.position ?? -1n;
    const accepts = typeFilter(projection);
    const own = events.filter((event) => event.position > position && accepts(event.type));
    const oldest = own[0]?.metadata.recordedAt;
    const ms = oldest === undefined ? 0 : Math.max(0, now - Date.parse(oldest));
    const stillMs = checkpoint ? Math.min(ms, now - Date.parse(checkpoint.updatedAt)) : ms;
    const isStalled = stillMs > (options.stalledAfterMs ?? STALLED_AFTER_MS);
    const state = oldest === undefined ? 'current' : isStalled ? 'stalled' : 'behind';
    return { name: projection.name, position, events: own.length, more, ms, state };
  });
}

async function waiting(
  source: Pick<EventSource, 'readAll'>,
  after: bigint,
  limit: number,
): Promise<{ events: SourceEvent[]; more: boolean }> {
  const events: SourceEvent[] = [];
  for await (const page of source.readAll({
    ...(after >= 0n ? { after } : {}),
    pageSize: Math.min(limit + 1, 1_000),
  })) {
    events.push(...page);
    if (events.length > limit) return { events: events.slice(0, limit), more: true };
  }
  return { events, more: false };
}
