import { DomainError } from '#libs/kernel';
import { collectionName, findIndexes, type IndexSpec, type ReadStore } from '#libs/read-store';
import type { Projection } from './projection.js';

/** An index that a query relies on. */
export interface QueryIndex {
  readonly projection: Pick<Projection, 'name' | 'indexes'>;
  readonly index: IndexSpec;
}

export interface StartChecks {
  readonly projections: readonly Projection[];
  /** Every event type that some context records. */
  readonly eventTypes: ReadonlySet<string>;
  /** What the readers sort and look up by. */
  readonly queries: readonly QueryIndex[];
}

/**
 * Refuses projections that can't be right, before anything is folded or served.
 * @throws DomainError PROJECTION_INVALID (a bad name, two of one name and version), PROJECTION_EVENT_TYPE_UNKNOWN (folds a type that nothing
 * records), PROJECTION_INDEX_MISSING (a query has no index)
 */
export function checkDeclarations({ projections, eventTypes, queries }: StartChecks): void {
  const names = new Set<string>();
  for (const projection of projections) {
    const name = nameOf(projection);
    if (names.has(name)) throw new DomainError('PROJECTION_INVALID', `There are two projections ${name}`);
    names.add(name);
    if (projection.eventTypes === 'all') continue;
    for (const type of projection.eventTypes) {
      if (!eventTypes.has(type)) {
        throw new DomainError(
          'PROJECTION_EVENT_TYPE_UNKNOWN',
          `Projection ${name} folds ${type}, which nothing records: ${nearest(type, eventTypes)}`,
        );
      }
    }
  }
  for (const { projection, index } of queries) {
    if (!projection.indexes.some((declared) => same(declared, index))) {
      throw missing(projection.name, index, `declare it in the projection's indexes`);
    }
  }
}

/**
 * Refuses to read from what the database does not serve. `made` says whether this program makes missing indexes itself, as whoever folds does;
 * one that only reads must find them. Read models that were never folded are passed over.
 * @throws DomainError PROJECTION_INDEX_MISSING, PROJECTION_INDEX_CONFLICT (the name is there with another key)
 */
export async function checkStoredIndexes(
  store: Pick<ReadStore, 'collection'>,
  projections: readonly Projection[],
  { made }: { readonly made: boolean },
): Promise<void> {
  for (const projection of projections) {
    const stored = await findIndexes(store, projection);
    if (!stored) continue;
    for (const index of projection.indexes) {
      const found = stored.get(index.name);
      if (!found && !made) throw missing(nameOf(projection), index, 'start the projector, which makes it');
      if (found && !same(found, index)) {
        throw new DomainError(
          'PROJECTION_INDEX_CONFLICT',
          `${nameOf(projection)} has an index ${index.name} on ${keyText(found)} and needs it on ${keyText(index)}: drop it or give the new one its own name`,
        );
      }
    }
  }
}

/** @throws DomainError PROJECTION_VERSION_LOWER when queries are answered from a later version than this program knows of some projection. */
export function checkVersions(
  projections: readonly Pick<Projection, 'name' | 'version'>[],
  deployed: ReadonlyMap<string, number>,
): void {
  const latest = new Map<string, number>();
  for (const { name, version } of projections) latest.set(name, Math.max(version, latest.get(name) ?? 0));
  for (const [name, version] of latest) {
    const live = deployed.get(name) ?? 0;
    if (version < live) {
      throw new DomainError(
        'PROJECTION_VERSION_LOWER',
        `Projection ${name} is deployed in version ${live}, this program has version ${version}: start the later program, or go back to version ${version} first`,
      );
    }
  }
}

function nameOf(projection: Projection): string {
  try {
    return collectionName(projection);
  } catch (error) {
    throw new DomainError('PROJECTION_INVALID', (error as Error).message);
  }
}

function missing(name: string, index: IndexSpec, remedy: string): DomainError {
  return new DomainError(
    'PROJECTION_INDEX_MISSING',
    `Queries on ${name} need the index ${index.name} on ${keyText(index)}: ${remedy}`,
  );
}

/** Same name, same fields in the same order and direction. */
function same(a: IndexSpec, b: IndexSpec): boolean {
  return a.name === b.name && keyText(a) === keyText(b);
}

function keyText({ key }: IndexSpec): string {
  return Object.entries(key)
    .map(([field, direction]) => `${field} ${Number(direction) > 0 ? 'up' : 'down'}`)
    .join(', ');
}

const CLOSE = 3;

function nearest(type: string, known: ReadonlySet<string>): string {
  const close = [...known]
    .map((other) => ({ other, distance: distance(type, other) }))
    .sort((a, b) => a.distance - b.distance)[0];
  return close && close.distance <= CLOSE ? `is it ${close.other}?` : 'name a type of some context';
}

/** Changes of one letter that lead from one word to the other. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, n) => n);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    }
    row = next;
  }
  return row[b.length]!;
}
