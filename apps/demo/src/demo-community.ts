import { Drain } from '#libs/projection-engine';
import { addDays } from '#libs/kernel';
import { openRuntime, type Environment, type Runtime } from '#libs/runtime';
import { WorkCalendars } from '#libs/service-desk';
import { caseTimersProjection, checkAtStart } from '#projections';
import { serveApi, type ServedApi } from '../../api/src/index.js';
import { EngineMetrics } from '../../projector/src/engine-metrics.js';
import { foldLive } from '../../projector/src/fold-live.js';
import { openClocks } from '../../scheduler/src/open-clocks.js';
import { watchClocks } from '../../scheduler/src/watch-clocks.js';
import { DemoClock } from './demo-clock.js';
import { liveYear, type LiveOptions } from './live-year.js';
import type { YearCounts } from './office.js';
import { localInstant } from './year/acts.js';
import type { YearPlan } from './year/plan-year.js';

export interface DemoEnvironment {
  readonly env: Environment;
  /** Whether the API is for others: then it has the address that is asked for, else any that is free. */
  readonly serve: boolean;
  readonly signal: AbortSignal;
}

const MORNING_MINUTES = 9 * 60;
const say = (line: string): void => void process.stderr.write(`${line}\n`);
const calendars = new WorkCalendars();

/** Everything that `npm start` runs, on a data folder of its own, with a clock that this program moves. */
export class DemoCommunity {
  readonly #work = new AbortController();
  readonly #works: Promise<void>[] = [];

  private constructor(
    readonly plan: YearPlan,
    readonly runtime: Runtime,
    readonly api: ServedApi,
    readonly signal: AbortSignal,
    private readonly clock: DemoClock,
  ) {}

  /** Never on anybody's servers: the addresses of the environment are left alone. @throws DomainError PORT_IN_USE, as openRuntime and serveApi */
  static async open(plan: YearPlan, dataDir: string, { env, serve, signal }: DemoEnvironment): Promise<DemoCommunity> {
    const own = { ...env, EVENTSTORE_URL: undefined, MONGODB_URL: undefined, ...(serve ? {} : { PORT: '0' }) };
    const ports = { eventstorePort: 0, mongodbPort: 0, projecting: true };
    const runtime = await openRuntime({ env: own, dataDir, serve: ports, say, signal });
    try {
      await checkAtStart(runtime.readStore, { folds: true });
      const clock = new DemoClock(plan.begins);
      const log = (entry: Readonly<Record<string, unknown>>): void =>
        entry['level'] === 'error' ? say(JSON.stringify(entry)) : undefined;
      const api = await serveApi(runtime, own, { clock, log });
      return new DemoCommunity(plan, runtime, api, signal, clock);
    } catch (error) {
      await runtime.close();
      throw error;
    }
  }

  async liveYear(onMonth: LiveOptions['onMonth']): Promise<YearCounts> {
    const { clock, signal, runtime, plan } = this;
    const clocks = openClocks(runtime, { calendars: () => calendars, clock, refresh: this.#timersFolder() });
    const counts = await this.#unlessFailed(liveYear(plan, { bus: this.api.commands, clock, clocks, signal, onMonth }));
    clock.set(localInstant(addDays(`${plan.year}-12-31`, 1), MORNING_MINUTES));
    this.#start(foldLive(runtime, { say, metrics: new EngineMetrics() }, this.#work.signal));
    return counts;
  }

  /** Serves on from the morning after the year. */
  async goOn(until: Promise<unknown>): Promise<void> {
    const { clock, runtime } = this;
    clock.goOn();
    this.#start(watchClocks(runtime, { calendars: () => calendars, say, clock }, this.#work.signal));
    await this.#unlessFailed(until);
  }

  async close(): Promise<void> {
    await this.api.close();
    this.#work.abort();
    await Promise.allSettled(this.#works);
    await this.runtime.close();
  }

  /** The days of the year are short: the clocks' own read model is folded evening by evening, all others at once when the year is over. */
  #timersFolder(): () => Promise<boolean> {
    const { eventStore, readStore, upcasters } = this.runtime;
    const drain = new Drain({
      source: eventStore,
      stores: readStore,
      projections: [caseTimersProjection],
      upcast: (event) => upcasters.dataOf(event),
    });
    return async () => {
      await drain.catchUp(await eventStore.headPosition(), { signal: this.signal });
      return true;
    };
  }

  #start(work: Promise<void>): void {
    this.#works.push(work);
    // Raced in #unlessFailed.
    work.catch(() => undefined);
  }

  #unlessFailed<T>(work: Promise<T>): Promise<T> {
    const failed = Promise.all(this.#works).then(() => new Promise<never>(() => undefined));
    return Promise.race([work, failed, this.runtime.failed]);
  }
}
