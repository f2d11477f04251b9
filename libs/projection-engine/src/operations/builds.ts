import { DomainError, systemClock } from '#libs/kernel';
import { collectionName, isSameBuild, LIVE_SET, type Build, type BuildName, type ModelEntry } from '#libs/read-store';
import type { Projection } from '../projection.js';
import { requireCode, type Target } from '../targets.js';
import type { Workshop } from './parked-sequence.js';

/** Who does it, and the fencing token of the runner that carries it out. */
export interface Handling {
  readonly by: string;
  readonly fence: bigint;
}

/** A read model with what the registry says of it. */
export interface KnownModel {
  readonly projection: Projection;
  readonly entry: ModelEntry;
}

/** Registers what answers today: from then on the registry is the only one to ask. What is registered already stays. */
export async function registerBuilds({ store, projections, clock = systemClock }: Workshop, { by, fence }: Handling) {
  const known = await store.registry.findAll(projections.map(({ name }) => name));
  for (const { name } of projections.filter((projection) => !known.has(projection.name))) {
    const projection = projections.find((one) => one.name === name)!;
    const live = await store.liveBuild(projection);
    const build: Build = { ...live, state: 'live', at: clock.now(), by, reason: null };
    await store.registry.create({ _id: name, live, previous: null, builds: [build], fence });
  }
}

/** @throws DomainError READ_MODEL_NOT_FOUND */
export async function findModel(name: string, { store, projections }: Workshop): Promise<KnownModel> {
  const projection = projections.find((known) => known.name === name);
  const entry = projection && (await store.registry.find(name));
  if (!entry) {
    const names = projections.map((known) => known.name).join(', ');
    throw new DomainError('READ_MODEL_NOT_FOUND', `there is no read model '${name}': it is one of ${names}`);
  }
  return { projection, entry };
}

/** The build that is not live yet. */
export function candidateOf({ builds }: ModelEntry): Build | undefined {
  return builds.find(({ state }) => state === 'building' || state === 'caught-up');
}

/** @throws DomainError READ_MODEL_CODE_MISSING */
export function targetOf(projection: Projection, { version, set }: BuildName): Target {
  return { projection: requireCode(projection, version), set };
}

export function nameOfTarget({ projection, set }: Target): string {
  return collectionName(projection, set);
}

/**
 * A place for a new build of today's code that none has had: the version's own, else a set of its own beside it. What somebody has left who did
 * not register it is not taken for the beginning of this one, and not removed either: one who does so late would remove a later build.
 */
export async function freePlace({ projection, entry }: KnownModel, { store }: Workshop): Promise<BuildName> {
  const { version } = projection;
  const taken = [...entry.builds, ...(entry.dropped ?? [])];
  for (let n = 1; ; n += 1) {
    const place = { version, set: n === 1 ? LIVE_SET : `r${n}` };
    if (taken.some((build) => isSameBuild(build, place))) continue;
    if (!(await store.findCheckpoint(collectionName(projection, place.set)))) return place;
  }
}

/** The builds with one of them changed or added. */
export function withBuild(entry: ModelEntry, build: Build): readonly Build[] {
  const isKnown = entry.builds.some((known) => isSameBuild(known, build));
  return isKnown ? entry.builds.map((known) => (isSameBuild(known, build) ? build : known)) : [...entry.builds, build];
}

export function withState(entry: ModelEntry, name: BuildName, state: Build['state']): readonly Build[] {
  return entry.builds.map((build) => (isSameBuild(build, name) ? { ...build, state } : build));
}
