import { Controller } from '@nestjs/common';
import { IsString } from 'class-validator';
import { CommandRunner } from '#libs/event-store';
import { DomainError, parseId } from '#libs/kernel';
import { partyDecider } from '#libs/portfolio';
import type { RequestFacts } from '../http/http-types.js';
import { QueryRoute } from '../http/operation.js';
import { Facts, Input } from '../http/parameters.js';
import { objectOf, POSITION, TEXT, TEXT_OR_NULL } from '../openapi/schema-types.js';
import { StreamHeads } from '../reports/stream-heads.js';
import { QueryRequest } from '../reports/queries.js';

export class GetPartyRequest extends QueryRequest {
  @IsString()
  partyId!: string;
}

@Controller('communities/:communityId/parties/:partyId')
export class GetPartyController {
  constructor(
    private readonly runner: CommandRunner,
    private readonly heads: StreamHeads,
  ) {}

  @QueryRoute({
    operation: 'getParty',
    summary: 'A party without personal details',
    input: GetPartyRequest,
    models: [],
    example: {},
    answer: objectOf({ partyId: TEXT, status: TEXT, kind: TEXT_OR_NULL, revision: TEXT, position: POSITION }),
  })
  async getParty(@Facts() { communityId }: RequestFacts, @Input() input: GetPartyRequest) {
    const partyId = parseId(input.partyId);
    const head = await this.heads.of('party', communityId, partyId);
    if (!head) throw new DomainError('PARTY_UNKNOWN', 'There is no such party');
    const party = await this.runner.inspect(partyDecider, communityId, partyId, (state) => ({
      status: state.status,
      kind: state.status === 'Registered' ? state.kind : null,
    }));
    return { partyId, ...party, ...head };
  }
}
