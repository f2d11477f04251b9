import { pagesOf, type ReadStore, type VersionedName } from '#libs/read-store';
import { partiesProjection, type PartyDocument } from './parties.projection.js';
import { unitsProjection, type UnitDocument } from './units.projection.js';

export interface PortfolioQuery {
  readonly communityId: string;
  /** Only what comes behind this id. */
  readonly after?: string;
  /** As many documents as are asked for at a time. */
  readonly pageSize?: number;
}

const PAGE = 1_000;

/** Units and parties of a community, in the order of their ids by code point: what is added meanwhile shifts nothing. */
export class PortfolioReader {
  constructor(private readonly store: ReadStore) {}

  async *listUnits(query: PortfolioQuery): AsyncGenerator<Omit<UnitDocument, 'communityId'>> {
    for await (const { unitId, use, areaCentiM2, occupancies } of this.list<UnitDocument>(
      unitsProjection,
      'unit',
      query,
    ))
      yield { unitId, use, areaCentiM2, occupancies };
  }

  async *listParties(query: PortfolioQuery): AsyncGenerator<Omit<PartyDocument, 'communityId'>> {
    for await (const { partyId, kind, erased } of this.list<PartyDocument>(partiesProjection, 'party', query))
      yield { partyId, kind, erased };
  }

  /** How the server would run `listUnits`. */
  async explain(query: PortfolioQuery): Promise<object> {
    return (await this.find<UnitDocument>(unitsProjection, 'unit', query)).explain('executionStats');
  }

  private async *list<Doc extends object>(model: VersionedName, category: string, query: PortfolioQuery) {
    for await (const page of pagesOf(await this.find<Doc>(model, category, query))) yield* page;
  }

  private async find<Doc extends object>(
    model: VersionedName,
    category: string,
    { communityId, after = '', pageSize = PAGE }: PortfolioQuery,
  ) {
    const documents = await this.store.liveCollection<Doc & { _id: string }>(model);
    // Ids of documents are names of streams, and no community's name holds a full stop.
    const ids = { $gt: `${category}-${communityId}.${after}`, $lt: `${category}-${communityId}/` };
    // What could not be folded from its beginning on holds no more than a mark.
    return documents.find({ _id: ids, communityId } as never, { batchSize: pageSize }).sort({ _id: 1 });
  }
}
