import { DomainError, sha256Hex, systemClock, type Clock } from '#libs/kernel';
import { collectionName, type ReadStore } from '#libs/read-store';
import { canonicalText } from './digest.js';
import { typeFilter } from './fold.js';
import { EventReader } from './projected-event.js';
import type { ProjectedEvent, Projection, SourceEvent } from './projection.js';

/** Events that stay as they are; another choice of them has another edition. */
export interface CodeSample {
  readonly edition: number;
  readonly events: readonly SourceEvent[];
}

/**
 * What a projection makes of the sample, as lower-case hex SHA-256. It tells what code does and not how it is written, so code may be put in
 * order, built by other tools or mended where it failed; what it makes of the sample may not change within a version.
 */
export function codeMark(projection: Projection, { events }: CodeSample): string {
  const accepts = typeFilter(projection);
  const documents = new Map<string, unknown>();
  for (const event of new EventReader().read(events)) if (accepts(event.type)) foldInto(documents, projection, event);
  return sha256Hex(canonicalText([projection.eventTypes, Object.fromEntries(documents)]));
}

function foldInto(documents: Map<string, unknown>, projection: Projection, event: ProjectedEvent): void {
  const attempt = (id: string, work: () => unknown): void => {
    try {
      documents.set(id, work());
    } catch {
      documents.set(id, 'failed');
    }
  };
  if (projection.appendOnly) return attempt(`${event.stream}@${event.revision}`, () => projection.documents(event));
  let keys: readonly string[] = [];
  attempt(`keys of ${event.id}`, () => (keys = projection.keys(event)));
  for (const key of keys) {
    const doc = documents.get(key) as object | undefined;
    attempt(key, () => projection.evolve(doc, event, key));
  }
}

/**
 * Refuses code that folds a version otherwise than the code before it: half of the documents would be the one's and half the other's. The first
 * program that folds leaves its mark; one that only reads leaves none.
 * @throws DomainError PROJECTION_CODE_CHANGED
 */
export async function checkCode(
  store: Pick<ReadStore, 'codeMarks'>,
  projections: readonly Projection[],
  options: { readonly sample: CodeSample; readonly folds: boolean; readonly clock?: Clock },
): Promise<void> {
  const { sample, folds, clock = systemClock } = options;
  const { edition } = sample;
  const own = new Map(projections.flatMap(withPrevious).map((code) => [collectionName(code), codeMark(code, sample)]));
  let known = await store.codeMarks.find([...own.keys()], edition);
  const unmarked = [...own].filter(([name]) => !known.has(name));
  if (folds && unmarked.length > 0) {
    await store.codeMarks.leave(unmarked.map(([_id, mark]) => ({ _id, edition, mark, at: clock.now() })));
    known = await store.codeMarks.find([...own.keys()], edition); // another program may have been first
  }
  for (const [name, mark] of own) {
    if ((known.get(name) ?? mark) === mark) continue;
    throw new DomainError(
      'PROJECTION_CODE_CHANGED',
      `${name} was folded by code that makes other documents: give the new code the next version, and keep the old one as its 'previous'`,
    );
  }
}

function withPrevious(projection: Projection): Projection[] {
  return projection.previous ? [projection, ...withPrevious(projection.previous)] : [projection];
}
