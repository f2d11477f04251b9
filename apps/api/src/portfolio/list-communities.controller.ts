import { Controller } from '@nestjs/common';
import { EventStore } from '#libs/event-store';
import { localDateOf } from '#libs/kernel';
import type { RegisteredCommunity } from '#libs/portfolio';
import { decodeCursor, encodeCursor } from '../http/cursor.js';
import type { RequestFacts } from '../http/http-types.js';
import { QueryRoute } from '../http/operation.js';
import { Facts, Input } from '../http/parameters.js';
import { DATE, listOf, objectOf, POSITION, TEXT, TEXT_OR_NULL } from '../openapi/schema-types.js';
import { firstOf, limitOf, PageRequest } from '../reports/queries.js';
import { Communities } from '../security/communities.js';

export class ListCommunitiesRequest extends PageRequest {}

const LIST = ['communities'];
const COMMUNITY = objectOf({ communityId: TEXT, name: TEXT, currency: TEXT, timeZone: TEXT, today: DATE });

@Controller('communities')
export class ListCommunitiesController {
  constructor(
    private readonly communities: Communities,
    private readonly store: EventStore,
  ) {}

  @QueryRoute({
    operation: 'listCommunities',
    summary: 'The communities that the token names and that are registered, in the order of their ids',
    input: ListCommunitiesRequest,
    acrossCommunities: true,
    models: [],
    example: { limit: '10' },
    answer: objectOf({ position: POSITION, communities: listOf(COMMUNITY), nextCursor: TEXT_OR_NULL }),
  })
  async listCommunities(@Facts() { principal, caller }: RequestFacts, @Input() input: ListCommunitiesRequest) {
    const place = input.cursor === undefined ? [] : decodeCursor(LIST, input.cursor, 1).place;
    const position = await this.store.headPosition();
    const { items, more } = await firstOf(this.#after(place[0] ?? '', principal.communities), limitOf(input));
    const last = items.at(-1)?.communityId ?? null;
    return {
      position: position.toString(),
      communities: items.map(({ communityId, name, currency, timeZone }) => {
        return { communityId, name, currency, timeZone, today: localDateOf(caller.receivedAt, timeZone) };
      }),
      nextCursor: more ? encodeCursor(LIST, { position, build: '', place: [last] }) : null,
    };
  }

  async *#after(last: string, named: readonly string[]): AsyncGenerator<RegisteredCommunity> {
    const rest = [...new Set(named)].filter((id) => id > last).sort();
    for (const communityId of rest) {
      const community = await this.communities.find(communityId);
      if (community) yield community;
    }
  }
}
