import { Controller } from '@nestjs/common';
import { PortfolioReader, partiesProjection } from '#projections';
import type { RequestFacts } from '../http/http-types.js';
import { ListCursors } from '../http/list-cursors.js';
import { QueryRoute } from '../http/operation.js';
import { Facts, Input } from '../http/parameters.js';
import { FLAG, listOf, objectOf, POSITION, TEXT, TEXT_OR_NULL } from '../openapi/schema-types.js';
import { firstOf, limitOf, PageRequest } from '../reports/queries.js';

export class ListPartiesRequest extends PageRequest {}

const PARTY = objectOf({ partyId: TEXT, kind: TEXT, erased: FLAG });

@Controller('communities/:communityId/parties')
export class ListPartiesController {
  constructor(
    private readonly reader: PortfolioReader,
    private readonly lists: ListCursors,
  ) {}

  @QueryRoute({
    operation: 'listParties',
    summary: 'The parties of the community without anything personal, in the order of their ids',
    input: ListPartiesRequest,
    models: [partiesProjection],
    example: { limit: '10' },
    answer: objectOf({ position: POSITION, parties: listOf(PARTY), nextCursor: TEXT_OR_NULL }),
  })
  async listParties(@Facts() { communityId, position }: RequestFacts, @Input() input: ListPartiesRequest) {
    const { cursor, next } = await this.lists.open(['parties', communityId], partiesProjection, input.cursor, 1);
    const limit = limitOf(input);
    const after = cursor ? { after: cursor.place[0] ?? '' } : {};
    const { items, more } = await firstOf(
      this.reader.listParties({ communityId, pageSize: limit + 1, ...after }),
      limit,
    );
    const place = [items.at(-1)?.partyId ?? null];
    const nextCursor = more ? next({ position: position!, place }) : null;
    return { position: position!.toString(), parties: items, nextCursor };
  }
}
