import { storedBytes, type KnownSizes, type ParkMark, type StoredDocument } from '#libs/read-store';
import { ProjectionError } from './errors.js';
import type { ParkingLot } from './parking.js';
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

/**
 * Documents of an append-only projection: each event's own, whatever was folded before. An event that fails, or whose documents `add` refuses, parks
 * its stream: what is read of a stream is then right as of just before it, and not a sum that lacks a part in the middle.
 */
export function newDocuments(
  projection: AppendOnlyProjection,
  events: readonly ProjectedEvent[],
  lot: ParkingLot,
  add: (documents: readonly StoredDocument[]) => void,
): void {
  for (const event of events) {
    if (lot.holdsStream(event)) {
      lot.waitInStream(event);
      continue;
    }
    try {
      add(documentsOf(projection, event));
    } catch (error) {
      stopIfWhole(error);
      lot.failStream(event, error);
    }
  }
}

function documentsOf(projection: AppendOnlyProjection, event: ProjectedEvent): StoredDocument[] {
  const made = readable(event) && projection.documents(event);
  return made.map((doc, n) => ({ _id: documentId(event, n), position: event.position, ...doc }));
}

/** Events whose documents cannot be told park their stream. */
export function groupByDocument(
  projection: FoldedProjection,
  events: readonly ProjectedEvent[],
  lot: ParkingLot,
): EventsByDocument {
  const groups = new Map<string, ProjectedEvent[]>();
  for (const event of events) {
    if (lot.holdsStream(event)) {
      lot.waitInStream(event);
      continue;
    }
    for (const key of keysOf(projection, event, lot)) {
      const group = groups.get(key);
      if (group) group.push(event);
      else groups.set(key, [event]);
    }
  }
  return groups;
}

function keysOf(projection: FoldedProjection, event: ProjectedEvent, lot: ParkingLot): readonly string[] {
  try {
    return readable(event) && projection.keys(event);
  } catch (error) {
    stopIfWhole(error);
    lot.failStream(event, error);
    return [];
  }
}

/**
 * Folds each group into its loaded document. Events at or before a document's position are in it already and are skipped. A removed document
 * becomes a tombstone with the position of the last event, even one that was never stored: otherwise a late write of an older state, by a
 * second runner, would bring it to life. A document of which an event fails is parked: it keeps what was folded before, with a mark.
 */
export function foldGroups(
  projection: FoldedProjection,
  groups: EventsByDocument,
  loaded: readonly StoredDocument[],
  lot: ParkingLot,
  checked?: 'checked',
): StoredDocument[] {
  const stored = new Map(loaded.map((document) => [document._id, document]));
  const changed: StoredDocument[] = [];
  for (const [key, events] of groups) {
    const before = stored.get(key);
    const news = before ? events.filter((event) => event.position > before.position) : events;
    if (news.length === 0) continue;
    const after = foldDocument(projection, { key, before, news }, lot, checked);
    if (after) changed.push(after);
  }
  return changed;
}

interface Group {
  readonly key: string;
  readonly before: StoredDocument | undefined;
  /** Those that are not in the document yet. */
  readonly news: readonly ProjectedEvent[];
}

/** The document after its events; undefined when it stands still already, and everything new of it waits. */
export function foldDocument(
  projection: FoldedProjection,
  { key, before, news }: Group,
  lot: ParkingLot,
  checked?: 'checked',
): StoredDocument | undefined {
  const sizes: KnownSizes | undefined = checked && new WeakMap();
  const ordinal = (event: ProjectedEvent): number => projection.keys(event).indexOf(key);
  if (before?.parked) {
    for (const event of news) lot.waitForDocument(event, key, ordinal(event));
    return undefined;
  }
  let doc = before && contentOf(before);
  let position = before?.position ?? -1n;
  let parked: ParkMark | undefined;
  for (const event of news) {
    if (parked) {
      lot.waitForDocument(event, key, ordinal(event));
      continue;
    }
    try {
      const next = projection.evolve(doc, event, key);
      if (sizes && next) storedBytes({ _id: key, position: event.position, ...next }, sizes);
      doc = next;
    } catch (error) {
      stopIfWhole(error);
      parked = lot.failDocument(event, key, ordinal(event), error);
    }
    if (!parked) position = event.position;
  }
  return { _id: key, position, ...(doc ?? { removed: true }), ...(parked ? { parked } : {}) };
}

function contentOf(document: StoredDocument): object | undefined {
  const { _id, position: _position, removed, parked: _parked, ...content } = document;
  return removed ? undefined : content;
}

/** Throws what kept the event's data from being brought into today's shape; otherwise true. */
function readable(event: ProjectedEvent): true {
  if (event.unreadable) throw event.unreadable;
  return true;
}

/** An impure projection is wrong as a whole: no document is to blame, and none is set aside. */
function stopIfWhole(error: unknown): void {
  if (error instanceof ProjectionError) throw error;
}
