import { systemClock } from '#libs/kernel';
import { buildText, type Build, type BuildName } from '#libs/read-store';
import { Drain } from '../drain.js';
import { ProgressMeter, type ProgressReport } from '../progress.js';
import {
  candidateOf,
  findModel,
  freePlace,
  nameOfTarget,
  targetOf,
  withBuild,
  withState,
  type Handling,
} from './builds.js';
import type { Workshop } from './parked-sequence.js';
import { positionOf } from './positions.js';

/** Runs work while nobody folds: at a batch boundary, with every checkpoint saved. Queries go on. */
export type Hold = <T>(work: () => Promise<T>) => Promise<T>;

export interface RebuildOptions {
  readonly hold: Hold;
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: ProgressReport & { readonly position: string; readonly to: string }) => void;
}

export interface Rebuilt {
  readonly name: string;
  readonly build: string;
  readonly position: string;
  /** Events read by this run; what an earlier run has done is not counted. */
  readonly events: number;
  readonly parked: number;
}

/** What is left when folding is held up for the rest: so few rounds are enough, since each is shorter than the one before. */
const MOST_ROUNDS = 10;
const SHORT_ROUND_MS = 500;

/**
 * Folds today's code into a build of its own beside the live one, from the first event or from where an earlier run was stopped, until it
 * has caught up; from then on it is folded with everything else. Nothing but documents comes of it: projections are pure functions, and what
 * acts on read models (service clocks) reads the live ones only.
 */
export async function rebuild(name: string, shop: Workshop, how: Handling, options: RebuildOptions): Promise<Rebuilt> {
  const build = await startBuild(name, shop, how);
  let events = 0;
  if (build.state === 'building') {
    events = await takeThrough(name, build, shop, options);
    events += await options.hold(() => join(name, build, shop, how));
  }
  const { projection } = await findModel(name, shop);
  const target = targetOf(projection, build);
  const position = (await positionOf(target, shop)).toString();
  const parked = await shop.store.parked.countSequences(nameOfTarget(target));
  return { name, build: buildText(build), position, events, parked };
}

/** The build that an earlier run has begun, of the same code; else a new one. */
async function startBuild(name: string, shop: Workshop, { by, fence }: Handling): Promise<Build> {
  const model = await findModel(name, shop);
  const begun = candidateOf(model.entry);
  if (begun?.version === model.projection.version) return begun;
  const place: BuildName = await freePlace(model, shop);
  const at = (shop.clock ?? systemClock).now();
  const build: Build = { ...place, state: 'building', at, by, reason: null };
  await shop.store.registry.change(model.entry, { builds: withBuild(model.entry, build) }, fence);
  return build;
}

async function takeThrough(name: string, build: BuildName, shop: Workshop, options: RebuildOptions): Promise<number> {
  const { projection } = await findModel(name, shop);
  const target = targetOf(projection, build);
  const drain = new Drain({ ...shop, stores: shop.store, targets: [target] });
  const meter = new ProgressMeter(await positionOf(target, shop));
  let events = 0;
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    const startedAt = performance.now();
    const before = events;
    await drain.catchUp(await shop.source.headPosition(), {
      signal: options.signal,
      onProgress: (progress) => {
        events = before + progress.events;
        const { position, to } = { position: progress.position.toString(), to: progress.to.toString() };
        options.onProgress?.({ ...meter.report({ ...progress, events }), position, to });
      },
    });
    if (performance.now() - startedAt < SHORT_ROUND_MS) break;
  }
  return events;
}

/** The last events, up to where the live build stands; folded with it from here on. */
async function join(name: string, build: BuildName, shop: Workshop, { fence }: Handling): Promise<number> {
  const { projection, entry } = await findModel(name, shop);
  const live = await positionOf(targetOf(projection, entry.live), shop);
  let events = 0;
  const drain = new Drain({ ...shop, stores: shop.store, targets: [targetOf(projection, build)] });
  await drain.catchUp(live, { onProgress: (progress) => (events = progress.events) });
  await shop.store.registry.change(entry, { builds: withState(entry, build, 'caught-up') }, fence);
  return events;
}
