import { Controller } from '@nestjs/common';
import { IsString } from 'class-validator';
import { DomainError, parseId } from '#libs/kernel';
import { accountDecider, describeAccount } from '#libs/receivables';
import type { RequestFacts } from '../http/http-types.js';
import { QueryRoute } from '../http/operation.js';
import { Facts, Input } from '../http/parameters.js';
import { ANY_OBJECT, INTEGER, listOf, MINOR, objectOf, POSITION, TEXT } from '../openapi/schema-types.js';
import { EntityStates } from '../reports/entity-states.js';
import { QueryRequest } from '../reports/queries.js';

export class GetAccountRequest extends QueryRequest {
  @IsString()
  accountId!: string;
}

@Controller('communities/:communityId/accounts/:accountId')
export class GetAccountController {
  constructor(private readonly states: EntityStates) {}

  @QueryRoute({
    operation: 'getAccount',
    summary: 'An account as it stands, straight from the event store; its entity tag is for If-Match',
    input: GetAccountRequest,
    models: [],
    history: 'stream',
    example: {},
    answer: objectOf({
      ...{ status: TEXT, accountId: TEXT, currency: TEXT, timeZone: TEXT },
      ...{ balance: MINOR, outstanding: MINOR, credit: MINOR, items: INTEGER, payments: INTEGER },
      ...{ openItems: listOf(ANY_OBJECT), credits: listOf(ANY_OBJECT), holds: listOf(ANY_OBJECT) },
      ...{ disputes: listOf(ANY_OBJECT), revision: TEXT, position: POSITION },
    }),
  })
  async getAccount(@Facts() { communityId, at }: RequestFacts, @Input() input: GetAccountRequest) {
    const accountId = parseId(input.accountId);
    const found = await this.states.find(accountDecider, { communityId, id: accountId, at }, describeAccount);
    if (!found) throw new DomainError('ACCOUNT_NOT_FOUND', 'There is no such account');
    return { ...(found.seen as object), ...found.head };
  }
}
