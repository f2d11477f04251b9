import { DomainError } from '#libs/kernel';
import type { ParkedEntry, StoredDocument } from '#libs/read-store';
import { foldDocument, groupByDocument, newDocuments } from '../fold.js';
import type { ParkingLot } from '../parking.js';
import type { AppendOnlyProjection, FoldedProjection } from '../projection.js';
import { nextPage, openSequence, type OpenSequence, type SequencePage, type Workshop } from './parked-sequence.js';
import { refoldDocuments } from './refold.js';

/** What came of a sequence that was tried again. */
export interface Retried {
  readonly id: string;
  readonly key: string;
  /** Events that are folded now. */
  readonly folded: number;
  /** The event that it stands before now, and why; null when nothing waits any more. */
  readonly parked: { readonly id: string; readonly cause: string } | null;
}

/**
 * Folds what waits behind a parked event, in order, until the end or the next event that fails. The document is then as if it had never
 * failed. Each page is written as it was parked: the mark moves first, and what is folded leaves the queue last, so that it can be cut off
 * anywhere and begun again. @throws DomainError PARKED_EVENT_NOT_FOUND, READ_MODEL_CODE_MISSING, EVENT_NOT_FOUND
 */
export async function retryParked(id: string, shop: Workshop): Promise<Retried> {
  const head = await shop.store.parked.find(id);
  if (!head) throw new DomainError('PARKED_EVENT_NOT_FOUND', `there is no parked event ${id}`);
  const open = await openSequence(head, shop);
  let folded = 0;
  for (;;) {
    const page = await nextPage(open.sequence, shop);
    if (page.entries.length === 0) break;
    const stopped = await retryPage(open, page, shop);
    folded += stopped.folded;
    if (!stopped.next || stopped.failed) {
      await open.target.noteParked();
      return { id, key: head.key, folded, parked: stopped.failed ?? null };
    }
  }
  await open.target.noteParked();
  return { id, key: head.key, folded, parked: null };
}

interface Stopped {
  readonly folded: number;
  readonly next: ParkedEntry | undefined;
  readonly failed: { readonly id: string; readonly cause: string } | undefined;
}

async function retryPage(open: OpenSequence, page: SequencePage, shop: Workshop): Promise<Stopped> {
  const lot = open.newLot();
  if (open.sequence.scope === 'document') return retryDocument(open, page, lot);
  // The stream does not hold its own events back while they are tried again.
  open.streams.delete(open.sequence.key);
  return open.projection.appendOnly
    ? retryLines(open, open.projection, page, lot)
    : retryStream(open, open.projection, page, shop, lot);
}

async function retryDocument(open: OpenSequence, page: SequencePage, lot: ParkingLot): Promise<Stopped> {
  const { target, sequence, projection } = open;
  const [before] = await target.load([sequence.key]);
  const news = page.events.filter(({ position }) => position > (before?.position ?? -1n));
  if (news.length > 0) {
    const unmarked = before && withoutMark(before);
    const group = { key: sequence.key, before: unmarked, news };
    const after = foldDocument(projection as FoldedProjection, group, lot, 'checked')!;
    const behind = after.parked ? undefined : page.next;
    const marked = behind ? { ...after, parked: markOf(behind, before) } : after;
    await moveHead(page, lot, marked.parked, open);
    if (!(await target.settle(before, marked)))
      throw new DomainError('READ_MODEL_CHANGED', `somebody else folds ${sequence.collection}`);
  }
  const failed = lot.entries.find(({ head }) => head);
  return finishPage(page, failed, open);
}

function withoutMark({ parked: _parked, ...document }: StoredDocument): StoredDocument {
  return document as StoredDocument;
}

/** Between two pages the document stands before the first event of the next. */
function markOf({ _id, position }: ParkedEntry, before: StoredDocument | undefined) {
  return { since: position, entry: _id, cause: before?.parked?.cause ?? '' };
}

async function retryLines(
  open: OpenSequence,
  projection: AppendOnlyProjection,
  page: SequencePage,
  lot: ParkingLot,
): Promise<Stopped> {
  const pack = open.target.newPack();
  newDocuments(projection, page.events, lot, (documents) => pack.add(documents));
  const failed = lot.entries.find(({ head }) => head);
  await open.target.insertPack(pack);
  await moveHead(page, lot, undefined, open);
  return finishPage(page, failed, open);
}

/**
 * The documents of the events can be told now. One that has gone on meanwhile, by events of other streams, is folded again from its first
 * event: its order would be another one otherwise.
 */
async function retryStream(
  open: OpenSequence,
  projection: FoldedProjection,
  page: SequencePage,
  shop: Workshop,
  lot: ParkingLot,
): Promise<Stopped> {
  const groups = groupByDocument(projection, page.events, lot);
  const failed = lot.entries.find(({ head }) => head);
  if (page.next && !failed) open.streams.set(open.sequence.key, page.next.position);
  const stored = new Map((await open.target.load([...groups.keys()])).map((document) => [document._id, document]));
  const changed: { before: StoredDocument | undefined; after: StoredDocument }[] = [];
  const gone: string[] = [];
  const parked = open.newLot();
  for (const [key, events] of groups) {
    const before = stored.get(key);
    if (before && before.position >= events[0]!.position) gone.push(key);
    else {
      const after = foldDocument(projection, { key, before, news: events }, parked, 'checked');
      if (after) changed.push({ before, after });
    }
  }
  await open.target.park(parked.entries);
  for (const { before, after } of changed) await open.target.settle(before, after);
  if (gone.length > 0) await refoldDocuments(projection, new Set(gone), open, shop);
  await moveHead(page, lot, undefined, open);
  return finishPage(page, failed, open);
}

/** The sequence stands before another event now; said before what is folded leaves the queue, so that the queue always has a head. */
async function moveHead(
  page: SequencePage,
  lot: ParkingLot,
  mark: StoredDocument['parked'],
  open: OpenSequence,
): Promise<void> {
  const failed = lot.entries.find(({ head }) => head);
  const entry = failed?._id ?? mark?.entry ?? page.next?._id;
  if (entry === undefined) return;
  const first = page.entries[0]!;
  const { cause, stack } = failed ?? first;
  await open.target.moveHead(entry, { cause, stack });
}

async function finishPage(
  page: SequencePage,
  failed: ParkedEntry | undefined,
  { sequence, streams, target }: OpenSequence,
): Promise<Stopped> {
  const folded = failed ? page.entries.filter(({ position }) => position < failed.position) : page.entries;
  const last = folded.at(-1);
  if (last) await target.unpark(sequence, last.position);
  if (failed && sequence.scope === 'stream') streams.set(sequence.key, failed.position);
  const stopped = failed ? { id: failed._id, cause: failed.cause! } : undefined;
  return { folded: folded.length, next: page.next, failed: stopped };
}
