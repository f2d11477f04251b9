import { Controller } from '@nestjs/common';
import { IsNotEmpty, IsString, MaxLength } from 'class-validator';
import { CommandRunner, Vault } from '#libs/event-store';
import { DomainError, parseId } from '#libs/kernel';
import { partyDecider } from '#libs/portfolio';
import type { RequestFacts } from '../http/http-types.js';
import { QueryRoute } from '../http/operation.js';
import { Facts, Input } from '../http/parameters.js';
import { ANY_OBJECT, objectOf, POSITION, TEXT } from '../openapi/schema-types.js';
import { StreamHeads } from '../reports/stream-heads.js';
import { QueryRequest } from '../reports/queries.js';

export class GetPartyDetailsRequest extends QueryRequest {
  @IsString()
  partyId!: string;

  /** Why the details are read; it is logged with who reads them. */
  @IsString()
  @IsNotEmpty()
  @MaxLength(200)
  purpose!: string;
}

@Controller('communities/:communityId/parties/:partyId/details')
export class GetPartyDetailsController {
  constructor(
    private readonly runner: CommandRunner,
    private readonly heads: StreamHeads,
    private readonly vault: Vault,
  ) {}

  @QueryRoute({
    operation: 'getPartyDetails',
    summary: 'The personal details of a party, for a stated purpose that is logged (R4.3)',
    input: GetPartyDetailsRequest,
    models: [],
    example: { purpose: 'calling back about a complaint' },
    answer: objectOf({ partyId: TEXT, details: ANY_OBJECT, revision: TEXT, position: POSITION }),
  })
  async getPartyDetails(@Facts() { communityId, caller }: RequestFacts, @Input() input: GetPartyDetailsRequest) {
    const partyId = parseId(input.partyId);
    const head = await this.heads.of('party', communityId, partyId);
    if (!head) throw new DomainError('PARTY_UNKNOWN', 'There is no such party');
    const envelope = await this.runner.inspect(partyDecider, communityId, partyId, (state) => {
      if (state.status !== 'Registered') throw new DomainError('PARTY_ERASED', 'The party has been erased');
      return { ...state.details };
    });
    const { actor, correlationId } = caller;
    const access = { actor, purpose: input.purpose, ...(correlationId === undefined ? {} : { correlationId }) };
    return { partyId, details: await this.vault.open(envelope, access), ...head };
  }
}
