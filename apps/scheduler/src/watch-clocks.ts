import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock, type Clock } from '#libs/kernel';
import type { WorkCalendars } from '#libs/service-desk';
import { openClocks, waitForTimers, type ClockStores } from './open-clocks.js';

export interface WatchOptions {
  readonly calendars: () => WorkCalendars;
  readonly say: (line: string) => void;
  readonly clock?: Clock;
  /** Only this community's cases. */
  readonly communityId?: string;
  /** Between two looks at the clocks, in milliseconds. */
  readonly everyMs?: number;
}

/** A deadline is some seconds past when its breach is recorded: what was done in its last second has come in by then. */
const LOOK_EVERY_MS = 5_000;
const LONGEST_PAUSE_MS = 60_000;

/**
 * Fires the service clocks as they become due, and at the start what was missed, until the signal aborts. A store that is away is
 * waited for; nothing is lost meanwhile, since timers are folded from events.
 */
export async function watchClocks(stores: ClockStores, options: WatchOptions, signal: AbortSignal): Promise<void> {
  const { calendars, say, clock = systemClock, everyMs = LOOK_EVERY_MS } = options;
  const clocks = openClocks(stores, { calendars, clock, refresh: waitForTimers(stores, signal) });
  let pauseMs = everyMs;
  while (!signal.aborted) {
    try {
      const counts = await clocks.run({ at: clock.now(), communityId: options.communityId, signal });
      pauseMs = everyMs;
      if (counts && counts.breachesRecorded + counts.deadlinesProjected > 0) {
        const { breachesRecorded, deadlinesProjected } = counts;
        say(`estate: clocks: ${breachesRecorded} breaches recorded, ${deadlinesProjected} deadlines projected again`);
      }
    } catch (error) {
      if (signal.aborted) return;
      pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
      say(`estate: clocks: ${String(error)}; again in ${pauseMs} ms`);
    }
    await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
  }
}
