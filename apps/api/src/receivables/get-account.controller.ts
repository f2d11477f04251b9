import { Controller } from '@nestjs/common';
import { IsString } from 'class-validator';
import { CommandRunner } from '#libs/event-store';
import { DomainError, parseId } from '#libs/kernel';
import { accountDecider, describeAccount } from '#libs/receivables';
import type { RequestFacts } from '../http/http-types.js';
import { QueryRoute } from '../http/operation.js';
import { Facts, Input } from '../http/parameters.js';
import { ANY_OBJECT, INTEGER, listOf, MINOR, objectOf, POSITION, TEXT } from '../openapi/schema-types.js';
import { StreamHeads } from '../reports/stream-heads.js';
import { QueryRequest } from '../reports/queries.js';

export class GetAccountRequest extends QueryRequest {
  @IsString()
  accountId!: string;
}

@Controller('communities/:communityId/accounts/:accountId')
export class GetAccountController {
  constructor(
    private readonly runner: CommandRunner,
    private readonly heads: StreamHeads,
  ) {}

  @QueryRoute({
    operation: 'getAccount',
    summary: 'An account as it stands, straight from the event store; its entity tag is for If-Match',
    input: GetAccountRequest,
    models: [],
    example: {},
    answer: objectOf({
      ...{ status: TEXT, accountId: TEXT, currency: TEXT, timeZone: TEXT },
      ...{ balance: MINOR, outstanding: MINOR, credit: MINOR, items: INTEGER, payments: INTEGER },
      ...{ openItems: listOf(ANY_OBJECT), credits: listOf(ANY_OBJECT), holds: listOf(ANY_OBJECT) },
      ...{ disputes: listOf(ANY_OBJECT), revision: TEXT, position: POSITION },
    }),
  })
  async getAccount(@Facts() { communityId }: RequestFacts, @Input() input: GetAccountRequest) {
    const accountId = parseId(input.accountId);
    const head = await this.heads.of('account', communityId, accountId);
    if (!head) throw new DomainError('ACCOUNT_NOT_FOUND', 'There is no such account');
    const account = await this.runner.inspect(accountDecider, communityId, accountId, describeAccount);
    return { ...(account as object), ...head };
  }
}
