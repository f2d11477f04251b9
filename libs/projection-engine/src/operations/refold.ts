import type { StoredDocument } from '#libs/read-store';
import { foldDocument } from '../fold.js';
import { EventReader } from '../projected-event.js';
import type { FoldedProjection, ProjectedEvent } from '../projection.js';
import type { OpenSequence, Workshop } from './parked-sequence.js';

/**
 * Folds some documents again from the first event of the log up to where their read model stands, and writes them over. One pass over the
 * events of the projection's types; memory is that of the documents.
 */
export async function refoldDocuments(
  projection: FoldedProjection,
  keys: ReadonlySet<string>,
  open: OpenSequence,
  shop: Workshop,
): Promise<void> {
  const { target } = open;
  const upTo = (await shop.store.findCheckpoint(target.name))?.position ?? -1n;
  const lot = open.newLot();
  const documents = new Map<string, StoredDocument>();
  const types = projection.eventTypes === 'all' ? {} : { types: projection.eventTypes };
  const reader = new EventReader(shop.upcast);
  for await (const page of shop.source.readAll(types)) {
    for (const event of reader.read(page)) {
      if (event.position > upTo) break;
      for (const key of keysOf(projection, event, keys, lot)) {
        const after = foldDocument(projection, { key, before: documents.get(key), news: [event] }, lot, 'checked');
        if (after) documents.set(key, after);
      }
    }
    if ((page.at(-1)?.position ?? 0n) > upTo) break;
  }
  await target.park(lot.entries);
  for (const document of documents.values()) {
    const [before] = await target.load([document._id]);
    await target.settle(before, document);
    const sequence = { collection: target.name, scope: 'document', key: document._id } as const;
    await target.unpark(sequence, document.position);
  }
}

/** Those of the event's documents that are folded again; events of streams that still wait are left for later. */
function keysOf(
  projection: FoldedProjection,
  event: ProjectedEvent,
  wanted: ReadonlySet<string>,
  lot: { holdsStream(event: ProjectedEvent): boolean },
): string[] {
  if (event.unreadable || lot.holdsStream(event)) return [];
  try {
    return projection.keys(event).filter((key) => wanted.has(key));
  } catch {
    // Discarded: an event that cannot be placed and is not waited for.
    return [];
  }
}
