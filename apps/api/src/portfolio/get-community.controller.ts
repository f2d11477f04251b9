import { Controller } from '@nestjs/common';
import type { RequestFacts } from '../http/http-types.js';
import { QueryRoute } from '../http/operation.js';
import { Facts } from '../http/parameters.js';
import { StreamHeads } from '../reports/stream-heads.js';
import { QueryRequest } from '../reports/queries.js';
import { Communities } from '../security/communities.js';
import { objectOf, POSITION, TEXT } from '../openapi/schema-types.js';

@Controller('communities/:communityId')
export class GetCommunityController {
  constructor(
    private readonly heads: StreamHeads,
    private readonly communities: Communities,
  ) {}

  @QueryRoute({
    operation: 'getCommunity',
    summary: 'A community, with the currency and the time zone that it is kept in',
    input: QueryRequest,
    models: [],
    example: {},
    answer: objectOf({
      communityId: TEXT,
      name: TEXT,
      currency: TEXT,
      timeZone: TEXT,
      today: TEXT,
      revision: TEXT,
      position: POSITION,
    }),
  })
  async getCommunity(@Facts() { communityId, currency, timeZone, today }: RequestFacts) {
    const head = await this.heads.of('community', communityId, communityId);
    const { name } = (await this.communities.find(communityId))!;
    return { communityId, name, currency, timeZone, today, ...head! };
  }
}
