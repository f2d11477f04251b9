import { openTracing } from '#libs/telemetry';
import { checkAtStart } from '#projections';
import type { Environment, Runtime } from '#libs/runtime';
import type { WorkCalendars } from '#libs/service-desk';
import { serveApi } from '../../api/src/index.js';
import { EngineMetrics } from '../../projector/src/engine-metrics.js';
import { foldLive } from '../../projector/src/fold-live.js';
import { publishedSchedule } from '../../scheduler/src/published-schedule.js';
import { watchClocks } from '../../scheduler/src/watch-clocks.js';

const say = (line: string): void => void process.stderr.write(`${line}\n`);

/** What runs beside the servers in `npm start`. */
export interface Beside {
  readonly apiUrl: string;
  /** Each settles when it has ended, and rejects when it has failed. */
  readonly works: readonly Promise<void>[];
  close(): Promise<void>;
}

/** The work calendars, of the published working days in a file if there is one. Throws when it can't be read. */
export function calendarsOf(publishedDays: string | undefined): () => WorkCalendars {
  const calendars = publishedSchedule(publishedDays);
  // A file that cannot be read is said now, not at the first deadline.
  calendars();
  return calendars;
}

/** Starts the projector, the service clocks and the API; what has begun is ended again when the API can't start. */
export async function startBeside(runtime: Runtime, env: Environment, calendars: () => WorkCalendars): Promise<Beside> {
  const metrics = new EngineMetrics();
  const tracing = await openTracing(env, 'estate');
  const working = new AbortController();
  let works: Promise<void>[] = [];
  const endWorks = async (): Promise<void> => {
    working.abort();
    await Promise.allSettled(works);
    await tracing?.close().catch(() => undefined);
  };
  try {
    await checkAtStart(runtime.readStore, { folds: true });
    const { signal } = working;
    works = [foldLive(runtime, { say, metrics, tracing }, signal), watchClocks(runtime, { calendars, say }, signal)];
    // Raced by the caller; a failure while the API starts must not end the process before that.
    for (const work of works) work.catch(() => undefined);
    const api = await serveApi(runtime, env, { figures: () => metrics.lines(), ...(tracing ? { tracing } : {}) });
    const close = async (): Promise<void> => {
      // What was asked is answered first, while the stores are there.
      await api.close();
      await endWorks();
    };
    return { apiUrl: api.url, works, close };
  } catch (error) {
    await endWorks();
    throw error;
  }
}
