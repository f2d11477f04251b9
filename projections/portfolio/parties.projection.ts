import type { FoldedProjection, ProjectedEvent } from '#libs/projection-engine';
import { partyDecider, type PartyEvent, type PartyKind } from '#libs/portfolio';

/** A party without anything personal: names stay sealed in the event store, and are read one by one for a purpose (R4.3). */
export interface PartyDocument {
  readonly communityId: string;
  readonly partyId: string;
  readonly kind: PartyKind;
  readonly erased: boolean;
}

/** Parties one by one; ids in the order of a community's parties. */
export const partiesProjection: FoldedProjection<PartyDocument> = {
  name: 'parties',
  version: 1,
  eventTypes: [...partyDecider.handles],
  indexes: [],
  keys: (event) => (event.category === 'party' ? [event.stream] : []),
  evolve: (doc, event) => folded(doc, event),
};

function folded(doc: PartyDocument | undefined, event: ProjectedEvent): PartyDocument {
  const fact = { type: event.type, data: event.data } as Pick<PartyEvent, 'type' | 'data'> as PartyEvent;
  if (fact.type === 'PartyRegistered') {
    const { partyId, kind } = fact.data;
    return { communityId: event.communityId, partyId, kind, erased: false };
  }
  if (!doc) throw new Error(`${event.stream} does not begin with its registration`);
  switch (fact.type) {
    case 'PartyDetailsChanged':
      return doc;
    case 'PartyErased':
      return { ...doc, erased: true };
  }
}
