import { CommandRunner } from '#libs/event-store';
import { systemClock, type Clock } from '#libs/kernel';
import { waitForPosition } from '#libs/read-store';
import type { Runtime } from '#libs/runtime';
import { ServiceClocks, type WorkCalendars } from '#libs/service-desk';
import { CaseTimersReader, caseTimersProjection } from '#projections';

export type ClockStores = Pick<Runtime, 'eventStore' | 'readStore' | 'upcasters'>;

export interface ClocksOptions {
  readonly calendars: () => WorkCalendars;
  /** Brings the read model of timers up to the head of the store; false when it stays behind. */
  readonly refresh: () => Promise<boolean>;
  readonly clock?: Clock;
}

/** How long a run waits for whoever folds the timers; then the next run tries again. */
const REFRESH_LIMIT_MS = 10_000;

/** The service clocks on open stores. */
export function openClocks(stores: ClockStores, options: ClocksOptions): ServiceClocks {
  const { calendars, refresh, clock = systemClock } = options;
  const reader = new CaseTimersReader(stores.readStore);
  return new ServiceClocks({
    runner: new CommandRunner(stores.eventStore, clock, stores.upcasters),
    calendars,
    timers: {
      refresh,
      findDue: (now, communityId) => reader.findDue(now, { communityId }),
      listProvisional: (communityId) => reader.listProvisional({ communityId }),
    },
  });
}

/** For programs beside a projector: waits until it has folded what is in the store now. */
export function waitForTimers({ eventStore, readStore }: ClockStores, signal: AbortSignal): () => Promise<boolean> {
  return async () => {
    const head = await eventStore.headPosition();
    const options = { limitMs: REFRESH_LIMIT_MS, signal };
    return (await waitForPosition(readStore, [caseTimersProjection], head, options)).reached;
  };
}
