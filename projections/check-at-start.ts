import { checkCode, checkDeclarations, checkStoredIndexes, checkVersions } from '#libs/projection-engine';
import type { ReadStore } from '#libs/read-store';
import { codeSample } from './code-sample.js';
import { EVENT_TYPES } from './event-types.js';
import { projections } from './projections.js';
import { queryIndexes } from './query-indexes.js';

/**
 * What every program does before it folds (`folds`) or serves queries: refuses read models that can't be right.
 * @throws DomainError PROJECTION_INVALID, PROJECTION_EVENT_TYPE_UNKNOWN, PROJECTION_INDEX_MISSING, PROJECTION_INDEX_CONFLICT,
 * PROJECTION_VERSION_LOWER, PROJECTION_CODE_CHANGED
 */
export async function checkAtStart(store: ReadStore, { folds }: { readonly folds: boolean }): Promise<void> {
  checkDeclarations({ projections, eventTypes: EVENT_TYPES, queries: queryIndexes });
  const entries = await store.registry.findAll(projections.map(({ name }) => name));
  checkVersions(projections, new Map([...entries].map(([name, { live }]) => [name, live.version])));
  await checkCode(store, projections, { sample: codeSample, folds });
  await checkStoredIndexes(store, projections, { made: folds });
}
