import { Controller } from '@nestjs/common';
import { IsOptional, IsString } from 'class-validator';
import { ArrearsAgingReader, arrearsAgingProjection, CurrentArrearsReader } from '#projections';
import type { RequestFacts } from '../http/http-types.js';
import { ListCursors } from '../http/list-cursors.js';
import { QueryRoute } from '../http/operation.js';
import { Facts, Input } from '../http/parameters.js';
import { DATE, listOf, MINOR, objectOf, POSITION, TEXT, TEXT_OR_NULL } from '../openapi/schema-types.js';
import { ARREARS_MODELS, BUCKETS, cutOf, isCurrent } from './get-arrears.controller.js';
import { firstOf, limitOf, PageRequest } from './queries.js';

export class ListArrearsAccountsRequest extends PageRequest {
  /** By default the present local day. */
  @IsOptional()
  @IsString()
  asOf?: string;

  /** Facts that were known by then: an instant, or a date for the end of that day. */
  @IsOptional()
  @IsString()
  knownAt?: string;
}

const ACCOUNT = objectOf({ account: TEXT, buckets: BUCKETS, outstanding: MINOR, credit: MINOR });

@Controller('communities/:communityId/arrears/accounts')
export class ListArrearsAccountsController {
  constructor(
    private readonly reader: ArrearsAgingReader,
    private readonly current: CurrentArrearsReader,
    private readonly lists: ListCursors,
  ) {}

  @QueryRoute({
    operation: 'listArrearsAccounts',
    summary: 'What each account owes, by age, in the order of the ids; for those who work on it only (D14)',
    input: ListArrearsAccountsRequest,
    models: ARREARS_MODELS,
    history: [arrearsAgingProjection],
    example: { asOf: '2026-03-31', limit: '10' },
    answer: objectOf({
      ...{ asOf: DATE, knownAt: TEXT_OR_NULL, position: POSITION, currency: TEXT },
      ...{ accounts: listOf(ACCOUNT), nextCursor: TEXT_OR_NULL },
    }),
  })
  async listArrearsAccounts(@Facts() facts: RequestFacts, @Input() input: ListArrearsAccountsRequest) {
    const { communityId, currency, position, at } = facts;
    const cut = cutOf(input, facts);
    const { asOf, knownAt = null } = { knownAt: undefined, ...cut };
    // The present day is part of what makes the list: a list that was begun yesterday goes on as of yesterday only if it says so.
    const list = ['arrears', communityId, asOf, knownAt, at?.toString() ?? null];
    const { cursor, next } = await this.lists.open(list, arrearsAgingProjection, input.cursor, 1);
    const upTo = cursor?.position ?? position!;
    const after = cursor ? { afterAccount: cursor.place[0] ?? '' } : {};
    const limit = limitOf(input);
    const query = { communityId, ...cut, position: upTo, ...after };
    const listed = isCurrent(cut, facts)
      ? this.current.listAccounts({ ...query, pageSize: limit + 1 })
      : this.reader.listAccounts(query);
    const { items, more } = await firstOf(listed, limit);
    const place = [items.at(-1)?.account ?? null];
    return {
      ...{ asOf, knownAt, position: upTo.toString(), currency },
      accounts: items.map(({ account, sums }) => ({ account, ...sums.toReport() })),
      nextCursor: more ? next({ position: upTo, place }) : null,
    };
  }
}
