import type { Instant, LocalDate } from '#libs/kernel';

/** Facts as of a day, as known at an instant, as folded up to a position: all inclusive (D16). What is left out does not cut. */
export interface Cut {
  readonly asOf?: LocalDate;
  readonly knownAt?: Instant;
  readonly position?: bigint;
}

/** The cut as a filter on documents that hold `effectiveOn`, `recordedAt` and `position`. */
export function cutFilter({ asOf, knownAt, position }: Cut): Record<string, { readonly $lte: string | bigint }> {
  return {
    ...(asOf === undefined ? {} : { effectiveOn: { $lte: asOf } }),
    ...(knownAt === undefined ? {} : { recordedAt: { $lte: knownAt } }),
    ...(position === undefined ? {} : { position: { $lte: position } }),
  };
}
