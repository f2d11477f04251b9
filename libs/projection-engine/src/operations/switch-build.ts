import { DomainError } from '#libs/kernel';
import { buildText, collectionName, isSameBuild, type BuildName, type ModelEntry } from '#libs/read-store';
import { compareBuilds, type ComparedBuilds } from './compare-builds.js';
import { candidateOf, findModel, targetOf, withState, type Handling } from './builds.js';
import type { Workshop } from './parked-sequence.js';
import { bringTogether } from './positions.js';

/** What an auditor must be able to read of a change of what answers. */
export interface SwitchedFact {
  readonly name: string;
  readonly action: 'switch' | 'rollback';
  readonly from: string;
  readonly to: string;
  /** Both builds had folded everything at or before it. */
  readonly position: string;
  readonly undeclaredDifferences: number;
  readonly parkedSequences: number;
  /** Why it was done in spite of them; null when there were none. */
  readonly reason: string | null;
}

export interface DiscardedFact {
  readonly name: string;
  readonly id: string;
  readonly scope: 'document' | 'stream';
  readonly key: string;
  readonly communityId: string;
  readonly stream: string;
  readonly revision: string;
  readonly position: string;
  readonly cause: string;
  readonly reason: string;
}

/** Keeps what people decide about read models where it is kept for ever. The same request once more changes nothing. */
export interface OperationLog {
  switched(fact: SwitchedFact, request: { readonly id: string; readonly by: string }): Promise<void>;
  discarded(fact: DiscardedFact, request: { readonly id: string; readonly by: string }): Promise<void>;
}

export interface SwitchRequest extends Handling {
  readonly id: string;
  /** To switch in spite of differences that are not declared, or of parked events. */
  readonly accept: string | null;
}

/**
 * Lets the build that has caught up answer, if it is as the live one but for what it declares; call it while nobody folds. The one before is
 * folded on, so that going back takes no time. @throws DomainError READ_MODEL_NOT_BUILT, READ_MODEL_NOT_CAUGHT_UP, READ_MODEL_DIFFERS
 */
export async function switchBuild(name: string, request: SwitchRequest, log: OperationLog, shop: Workshop) {
  const { entry } = await findModel(name, shop);
  const done = resultOf<SwitchedFact>(entry, request);
  if (done) return done;
  const candidate = candidateOf(entry);
  if (!candidate)
    throw new DomainError(
      'READ_MODEL_NOT_BUILT',
      `${name} has no build to switch to: estate projections rebuild ${name}`,
    );
  const compared = await compareBuilds(name, shop);
  const { undeclared, parked, position } = compared;
  const hasFaults = undeclared.count > 0 || parked.length > 0;
  if (hasFaults && request.accept === null) throw differs(compared);
  const fact: SwitchedFact = {
    ...{ name, action: 'switch', from: buildText(entry.live), to: buildText(candidate), position },
    ...{
      undeclaredDifferences: undeclared.count,
      parkedSequences: parked.length,
      reason: hasFaults ? request.accept : null,
    },
  };
  await log.switched(fact, request);
  await setLive(entry, candidate, { fact, request }, shop);
  return { ...fact, compared };
}

/** What a request has come to that was cut off behind its last change. */
function resultOf<Result extends object>({ last }: ModelEntry, { id }: { readonly id: string }): Result | undefined {
  return last?.request === id ? (last.result as Result) : undefined;
}

function differs({ name, undeclared, parked, position }: ComparedBuilds): DomainError {
  const [first] = undeclared.differences;
  const example = first ? `; first: ${first.id} ${first.field}: ${first.live} / ${first.rebuilt}` : '';
  return new DomainError(
    'READ_MODEL_DIFFERS',
    `the builds of ${name} differ at position ${position} in ${undeclared.count} places that are not declared, and ${parked.length} ` +
      `sequences stand still${example}. To switch all the same: --accept REASON`,
  );
}

/** Lets the build before answer again; it has been folded on. @throws DomainError READ_MODEL_NOT_BUILT */
export async function rollBack(name: string, request: SwitchRequest, log: OperationLog, shop: Workshop) {
  const { projection, entry } = await findModel(name, shop);
  const done = resultOf<SwitchedFact>(entry, request);
  if (done) return done;
  const { previous } = entry;
  if (!previous) throw new DomainError('READ_MODEL_NOT_BUILT', `${name} has no build before the live one`);
  const targets = [targetOf(projection, entry.live), targetOf(projection, previous)];
  const position = (await bringTogether(targets, shop)).toString();
  const fact: SwitchedFact = {
    ...{ name, action: 'rollback', from: buildText(entry.live), to: buildText(previous), position },
    ...{ undeclaredDifferences: 0, parkedSequences: 0, reason: request.accept },
  };
  await log.switched(fact, request);
  await setLive(entry, previous, { fact, request }, shop);
  return fact;
}

async function setLive(
  entry: ModelEntry,
  live: BuildName,
  { fact, request }: { readonly fact: SwitchedFact; readonly request: SwitchRequest },
  { store }: Workshop,
): Promise<void> {
  const retired = { ...entry, builds: withState(entry, entry.live, 'retired') };
  const builds = withState(retired, live, 'live');
  const { version, set } = live;
  const last = { request: request.id, result: fact };
  await store.registry.change(entry, { live: { version, set }, previous: entry.live, builds, last }, request.fence);
}

/**
 * Forgets builds that do not answer, or one of them. First nobody may go back to them, then their documents go, then their names: cut off in
 * between, the same request once more does the rest. @throws DomainError READ_MODEL_NOT_BUILT, READ_MODEL_LIVE
 */
export async function dropBuilds(
  name: string,
  only: BuildName | null,
  { id, fence }: Handling & { readonly id: string },
  shop: Workshop,
): Promise<Dropped> {
  const { projection, entry } = await findModel(name, shop);
  const result = resultOf<Dropped>(entry, { id }) ?? { name, dropped: droppable(entry, only).map(buildText) };
  const isDropped = (build: BuildName): boolean => result.dropped.includes(buildText(build));
  const { registry } = shop.store;
  let now = await registry.change(
    entry,
    {
      previous: entry.previous && isDropped(entry.previous) ? null : entry.previous,
      builds: entry.builds.map((build) => (isDropped(build) ? { ...build, state: 'dropping' } : build)),
      last: { request: id, result },
    },
    fence,
  );
  for (const { version, set } of now.builds.filter(isDropped)) {
    await shop.store.dropBuild(collectionName({ name: projection.name, version }, set));
    const builds = now.builds.filter((known) => !isSameBuild(known, { version, set }));
    now = await registry.change(now, { builds, dropped: [...(now.dropped ?? []), { version, set }] }, fence);
  }
  return result;
}

export interface Dropped {
  readonly name: string;
  /** Builds, as in `1` or `2.r2`. */
  readonly dropped: readonly string[];
}

function droppable({ _id: name, builds, live }: ModelEntry, only: BuildName | null): readonly BuildName[] {
  if (only && isSameBuild(only, live))
    throw new DomainError('READ_MODEL_LIVE', `build ${buildText(only)} of ${name} answers queries and is not dropped`);
  const dropped = builds.filter((build) => !isSameBuild(build, live) && (!only || isSameBuild(build, only)));
  if (dropped.length > 0) return dropped;
  throw new DomainError('READ_MODEL_NOT_BUILT', `${name} has no ${only ? `build ${buildText(only)}` : 'other build'}`);
}
