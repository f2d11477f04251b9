import { Controller } from '@nestjs/common';
import { IsString } from 'class-validator';
import { DomainError, parseId } from '#libs/kernel';
import { unitDecider } from '#libs/portfolio';
import type { RequestFacts } from '../http/http-types.js';
import { QueryRoute } from '../http/operation.js';
import { Facts, Input } from '../http/parameters.js';
import { DATE, INTEGER, listOf, objectOf, POSITION, TEXT, TEXT_OR_NULL } from '../openapi/schema-types.js';
import { EntityStates } from '../reports/entity-states.js';
import { QueryRequest } from '../reports/queries.js';

export class GetUnitRequest extends QueryRequest {
  @IsString()
  unitId!: string;
}

const OCCUPANCY = objectOf({
  ...{ occupancyId: TEXT, partyId: TEXT, accountId: TEXT, role: TEXT },
  ...{ startsOn: DATE, endsOn: TEXT_OR_NULL },
});

@Controller('communities/:communityId/units/:unitId')
export class GetUnitController {
  constructor(private readonly states: EntityStates) {}

  @QueryRoute({
    operation: 'getUnit',
    summary: 'A unit with its occupancies, straight from the event store',
    input: GetUnitRequest,
    models: [],
    history: 'stream',
    example: {},
    answer: objectOf({
      ...{ unitId: TEXT, use: TEXT, areaCentiM2: INTEGER, occupancies: listOf(OCCUPANCY) },
      ...{ revision: TEXT, position: POSITION },
    }),
  })
  async getUnit(@Facts() { communityId, at }: RequestFacts, @Input() input: GetUnitRequest) {
    const id = parseId(input.unitId);
    const found = await this.states.find(unitDecider, { communityId, id, at }, (state) => {
      if (state.status === 'Unknown') throw new DomainError('UNIT_UNKNOWN', 'There is no such unit');
      const { unitId, use, areaCentiM2, occupancies } = state;
      return { unitId, use, areaCentiM2, occupancies: [...occupancies.values()] };
    });
    if (!found) throw new DomainError('UNIT_UNKNOWN', 'There is no such unit');
    return { ...found.seen, ...found.head };
  }
}
