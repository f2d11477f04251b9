import { DomainError } from '#libs/kernel';
import type { BuildName } from '#libs/read-store';
import type { Projection } from './projection.js';

/** A build and the code that folds it. */
export interface Target {
  readonly projection: Projection;
  readonly set: string;
}

/** The code of a version: today's, or one that is kept as `previous`. */
export function codeOf(projection: Projection, version: number): Projection | undefined {
  for (let known: Projection | undefined = projection; known; known = known.previous) {
    if (known.version === version) return known;
  }
  return undefined;
}

/** @throws DomainError READ_MODEL_CODE_MISSING: nobody could fold that build on */
export function requireCode(projection: Projection, version: number): Projection {
  const code = codeOf(projection, version);
  if (code) return code;
  throw new DomainError(
    'READ_MODEL_CODE_MISSING',
    `version ${version} of ${projection.name} is in use, and this program has only version ${projection.version}: keep its code as 'previous'`,
  );
}

/** The builds that are folded with every event, live first. @throws DomainError READ_MODEL_CODE_MISSING */
export function foldedTargets(
  projections: readonly Projection[],
  builds: ReadonlyMap<string, readonly BuildName[]>,
): Target[] {
  return projections.flatMap((projection) =>
    (builds.get(projection.name) ?? []).map(({ version, set }) => ({
      projection: requireCode(projection, version),
      set,
    })),
  );
}
