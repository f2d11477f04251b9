import type { StoredDocument } from '#libs/read-store';
import { ProjectionError } from './errors.js';
import {
  documentId,
  type AppendOnlyProjection,
  type FoldedProjection,
  type ProjectedEvent,
  type Projection,
} from './projection.js';

/** A batch's events of one projection, by document in order of position. */
export type EventsByDocument = ReadonlyMap<string, readonly ProjectedEvent[]>;

/** Whether a projection folds a type. */
export function typeFilter(projection: Pick<Projection, 'eventTypes'>): (type: string) => boolean {
  const { eventTypes } = projection;
  if (eventTypes === 'all') return () => true;
  const types = new Set(eventTypes);
  return (type) => types.has(type);
}

/** Documents of an append-only projection: each event's own, whatever was folded before. */
export function newDocuments(projection: AppendOnlyProjection, events: readonly ProjectedEvent[]): StoredDocument[] {
  const documents: StoredDocument[] = [];
  for (const event of events) {
    let n = 0;
    for (const doc of documentsOf(projection, event)) {
      documents.push({ _id: documentId(event, n), position: event.position, ...doc });
      n += 1;
    }
  }
  return documents;
}

export function groupByDocument(projection: FoldedProjection, events: readonly ProjectedEvent[]): EventsByDocument {
  const groups = new Map<string, ProjectedEvent[]>();
  for (const event of events) {
    for (const key of keysOf(projection, event)) {
      const group = groups.get(key);
      if (group) group.push(event);
      else groups.set(key, [event]);
    }
  }
  return groups;
}

/**
 * Folds each group into its loaded document. Events at or before a document's position are in it already and are skipped. A removed document
 * becomes a tombstone with the position of the last event, even one that was never stored: otherwise a late write of an older state, by a
 * second runner, would bring it to life.
 */
export function foldGroups(
  projection: FoldedProjection,
  groups: EventsByDocument,
  loaded: readonly StoredDocument[],
): StoredDocument[] {
  const stored = new Map(loaded.map((document) => [document._id, document]));
  const changed: StoredDocument[] = [];
  for (const [key, events] of groups) {
    const before = stored.get(key);
    const news = before ? events.filter((event) => event.position > before.position) : events;
    const last = news.at(-1);
    if (!last) continue;
    let doc = before && contentOf(before);
    for (const event of news) doc = evolve(projection, doc, event, key);
    changed.push({ _id: key, position: last.position, ...(doc ?? { removed: true }) });
  }
  return changed;
}

function contentOf(document: StoredDocument): object | undefined {
  const { _id, position: _position, removed, ...content } = document;
  return removed ? undefined : content;
}

function documentsOf(projection: AppendOnlyProjection, event: ProjectedEvent): readonly object[] {
  try {
    return projection.documents(event);
  } catch (error) {
    if (error instanceof ProjectionError) throw error;
    throw new ProjectionError(projection.name, event, documentId(event), error);
  }
}

function keysOf(projection: FoldedProjection, event: ProjectedEvent): readonly string[] {
  try {
    return projection.keys(event);
  } catch (error) {
    if (error instanceof ProjectionError) throw error;
    throw new ProjectionError(projection.name, event, undefined, error);
  }
}

function evolve(
  projection: FoldedProjection,
  doc: object | undefined,
  event: ProjectedEvent,
  key: string,
): object | undefined {
  try {
    return projection.evolve(doc, event, key);
  } catch (error) {
    if (error instanceof ProjectionError) throw error;
    throw new ProjectionError(projection.name, event, key, error);
  }
}
