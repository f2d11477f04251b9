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
  await setLive(entry, candidate, request, shop);
  return { ...fact, compared };
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
  const { previous } = entry;
  if (!previous) throw new DomainError('READ_MODEL_NOT_BUILT', `${name} has no build before the live one`);
  const targets = [targetOf(projection, entry.live), targetOf(projection, previous)];
  const position = (await bringTogether(targets, shop)).toString();
  const fact: SwitchedFact = {
    ...{ name, action: 'rollback', from: buildText(entry.live), to: buildText(previous), position },
    ...{ undeclaredDifferences: 0, parkedSequences: 0, reason: request.accept },
  };
  await log.switched(fact, request);
  await setLive(entry, previous, request, shop);
  return fact;
}

async function setLive(entry: ModelEntry, live: BuildName, { fence }: Handling, { store }: Workshop): Promise<void> {
  const retired = { ...entry, builds: withState(entry, entry.live, 'retired') };
  const builds = withState(retired, live, 'live');
  const { version, set } = live;
  await store.registry.change(entry, { live: { version, set }, previous: entry.live, builds }, fence);
}

/** Forgets builds that do not answer, or one of them. @throws DomainError READ_MODEL_NOT_BUILT, READ_MODEL_LIVE */
export async function dropBuilds(name: string, only: BuildName | null, { fence }: Handling, shop: Workshop) {
  const { projection, entry } = await findModel(name, shop);
  if (only && isSameBuild(only, entry.live))
    throw new DomainError('READ_MODEL_LIVE', `build ${buildText(only)} of ${name} answers queries and is not dropped`);
  const dropped = entry.builds.filter(
    (build) => !isSameBuild(build, entry.live) && (!only || isSameBuild(build, only)),
  );
  if (dropped.length === 0)
    throw new DomainError(
      'READ_MODEL_NOT_BUILT',
      `${name} has no ${only ? `build ${buildText(only)}` : 'other build'}`,
    );
  // First nobody may go back to it, then its documents go, then its name: cut off in between, it is dropped by the same command again.
  let now = entry;
  for (const build of dropped) {
    const previous = now.previous && isSameBuild(now.previous, build) ? null : now.previous;
    now = await shop.store.registry.change(now, { previous, builds: withState(now, build, 'dropping') }, fence);
    await shop.store.dropBuild(collectionName({ name: projection.name, version: build.version }, build.set));
    const builds = now.builds.filter((known) => !isSameBuild(known, build));
    now = await shop.store.registry.change(now, { builds }, fence);
  }
  return { name, dropped: dropped.map(buildText) };
}
