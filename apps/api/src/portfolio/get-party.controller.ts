import { Controller } from '@nestjs/common';
import { IsString } from 'class-validator';
import { DomainError, parseId } from '#libs/kernel';
import { partyDecider } from '#libs/portfolio';
import type { RequestFacts } from '../http/http-types.js';
import { QueryRoute } from '../http/operation.js';
import { Facts, Input } from '../http/parameters.js';
import { objectOf, POSITION, TEXT, TEXT_OR_NULL } from '../openapi/schema-types.js';
import { EntityStates } from '../reports/entity-states.js';
import { QueryRequest } from '../reports/queries.js';

export class GetPartyRequest extends QueryRequest {
  @IsString()
  partyId!: string;
}

@Controller('communities/:communityId/parties/:partyId')
export class GetPartyController {
  constructor(private readonly states: EntityStates) {}

  @QueryRoute({
    operation: 'getParty',
    summary: 'A party without personal details',
    input: GetPartyRequest,
    models: [],
    history: 'stream',
    example: {},
    answer: objectOf({ partyId: TEXT, status: TEXT, kind: TEXT_OR_NULL, revision: TEXT, position: POSITION }),
  })
  async getParty(@Facts() { communityId, at }: RequestFacts, @Input() input: GetPartyRequest) {
    const partyId = parseId(input.partyId);
    const found = await this.states.find(partyDecider, { communityId, id: partyId, at }, (state) => ({
      status: state.status,
      kind: state.status === 'Registered' ? state.kind : null,
    }));
    if (!found) throw new DomainError('PARTY_UNKNOWN', 'There is no such party');
    return { partyId, ...found.seen, ...found.head };
  }
}
