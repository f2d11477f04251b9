import { Controller } from '@nestjs/common';
import { PortfolioReader, unitsProjection } from '#projections';
import type { RequestFacts } from '../http/http-types.js';
import { ListCursors } from '../http/list-cursors.js';
import { QueryRoute } from '../http/operation.js';
import { Facts, Input } from '../http/parameters.js';
import { DATE, INTEGER, listOf, objectOf, POSITION, TEXT, TEXT_OR_NULL } from '../openapi/schema-types.js';
import { firstOf, limitOf, PageRequest } from '../reports/queries.js';

export class ListUnitsRequest extends PageRequest {}

const OCCUPANCY = objectOf({
  ...{ occupancyId: TEXT, partyId: TEXT, accountId: TEXT, role: TEXT },
  ...{ startsOn: DATE, endsOn: TEXT_OR_NULL },
});
const UNIT = objectOf({ unitId: TEXT, use: TEXT, areaCentiM2: INTEGER, occupancies: listOf(OCCUPANCY) });

@Controller('communities/:communityId/units')
export class ListUnitsController {
  constructor(
    private readonly reader: PortfolioReader,
    private readonly lists: ListCursors,
  ) {}

  @QueryRoute({
    operation: 'listUnits',
    summary: 'The units of the community with who was, is and will be in them, in the order of their ids',
    input: ListUnitsRequest,
    models: [unitsProjection],
    example: { limit: '10' },
    answer: objectOf({ position: POSITION, units: listOf(UNIT), nextCursor: TEXT_OR_NULL }),
  })
  async listUnits(@Facts() { communityId, position }: RequestFacts, @Input() input: ListUnitsRequest) {
    const { cursor, next } = await this.lists.open(['units', communityId], unitsProjection, input.cursor, 1);
    const limit = limitOf(input);
    const after = cursor ? { after: cursor.place[0] ?? '' } : {};
    const { items, more } = await firstOf(this.reader.listUnits({ communityId, pageSize: limit + 1, ...after }), limit);
    const place = [items.at(-1)?.unitId ?? null];
    const nextCursor = more ? next({ position: position!, place }) : null;
    return { position: position!.toString(), units: items, nextCursor };
  }
}
