import { Controller } from '@nestjs/common';
import { IsOptional, IsString } from 'class-validator';
import { parseAsOfInstant, parseId, parseLocalDate } from '#libs/kernel';
import { LedgerReader, ledgerProjection } from '#projections';
import { wholeOf } from '../http/cursor.js';
import type { RequestFacts } from '../http/http-types.js';
import { ListCursors } from '../http/list-cursors.js';
import { QueryRoute } from '../http/operation.js';
import { Facts, Input } from '../http/parameters.js';
import { DATE, INSTANT, listOf, MINOR, objectOf, POSITION, TEXT, TEXT_OR_NULL } from '../openapi/schema-types.js';
import { firstOf, limitOf, PageRequest } from './queries.js';

export class GetLedgerRequest extends PageRequest {
  @IsString()
  accountId!: string;

  /** Facts that count for this day or an earlier one. */
  @IsOptional()
  @IsString()
  asOf?: string;

  /** Facts that were known by then: an instant, or a date for the end of that day. */
  @IsOptional()
  @IsString()
  knownAt?: string;
}

const LINE = objectOf({
  ...{ stream: TEXT, revision: TEXT, position: POSITION, effectiveOn: DATE, recordedAt: INSTANT },
  ...{ type: TEXT, reference: TEXT, debit: MINOR, credit: MINOR, balance: MINOR },
});

@Controller('communities/:communityId/accounts/:accountId/ledger')
export class GetLedgerController {
  constructor(
    private readonly reader: LedgerReader,
    private readonly lists: ListCursors,
  ) {}

  @QueryRoute({
    operation: 'getLedger',
    summary: "An account's ledger lines with their running balance, as of a day, as known at an instant (D16)",
    input: GetLedgerRequest,
    models: [ledgerProjection],
    history: [ledgerProjection],
    example: { asOf: '2026-03-31', limit: '10' },
    answer: objectOf({ accountId: TEXT, position: POSITION, lines: listOf(LINE), nextCursor: TEXT_OR_NULL }),
  })
  async getLedger(@Facts() { communityId, timeZone, position, at }: RequestFacts, @Input() input: GetLedgerRequest) {
    const accountId = parseId(input.accountId);
    const asOf = input.asOf === undefined ? null : parseLocalDate(input.asOf);
    const knownAt = input.knownAt === undefined ? null : parseAsOfInstant(input.knownAt, timeZone);
    const list = ['ledger', communityId, accountId, asOf, knownAt, at?.toString() ?? null];
    const { cursor, next } = await this.lists.open(list, ledgerProjection, input.cursor, 3);
    const upTo = cursor?.position ?? position!;
    const cut = {
      position: upTo,
      pageSize: limitOf(input) + 1,
      ...(asOf === null ? {} : { asOf }),
      ...(knownAt === null ? {} : { knownAt }),
    };
    const lines = this.reader.listLines({ communityId, accountId, ...cut }, cursor && placeOf(cursor.place));
    const { items, more } = await firstOf(lines, limitOf(input));
    const last = items.at(-1);
    const place = last && [last.effectiveOn, last.position, last.balance];
    const nextCursor = more ? next({ position: upTo, place: place! }) : null;
    return { accountId, position: upTo.toString(), lines: items, nextCursor };
  }
}

function placeOf([effectiveOn, position, balance]: readonly (string | null)[]) {
  return { effectiveOn: parseLocalDate(effectiveOn ?? ''), position: wholeOf(position), balance: wholeOf(balance, 40) };
}
