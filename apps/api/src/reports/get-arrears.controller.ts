import { Controller } from '@nestjs/common';
import { IsOptional, IsString } from 'class-validator';
import { parseAsOfInstant, parseLocalDate } from '#libs/kernel';
import { ArrearsAgingReader, arrearsAgingProjection } from '#projections';
import type { RequestFacts } from '../http/http-types.js';
import { QueryRoute } from '../http/operation.js';
import { Facts, Input } from '../http/parameters.js';
import { DATE, INTEGER, MINOR, objectOf, POSITION, TEXT, TEXT_OR_NULL } from '../openapi/schema-types.js';
import { QueryRequest } from './queries.js';

export class GetArrearsRequest extends QueryRequest {
  /** By default the present local day. */
  @IsOptional()
  @IsString()
  asOf?: string;

  /** Facts that were known by then: an instant, or a date for the end of that day. */
  @IsOptional()
  @IsString()
  knownAt?: string;
}

export const BUCKETS = objectOf({ notDue: MINOR, d1to30: MINOR, d31to60: MINOR, d61to90: MINOR, d91plus: MINOR });

/** The cut that a request asks for. @throws DomainError DATE_INVALID, INSTANT_INVALID */
export function cutOf({ asOf, knownAt }: GetArrearsRequest, { timeZone, today }: RequestFacts) {
  const known = knownAt === undefined ? {} : { knownAt: parseAsOfInstant(knownAt, timeZone) };
  return { asOf: asOf === undefined ? today : parseLocalDate(asOf), ...known };
}

@Controller('communities/:communityId/arrears')
export class GetArrearsController {
  constructor(private readonly reader: ArrearsAgingReader) {}

  @QueryRoute({
    operation: 'getArrears',
    summary: 'What a community is owed, by age (domain.md §3), as of a day, as known at an instant (D16)',
    input: GetArrearsRequest,
    models: [arrearsAgingProjection],
    example: { asOf: '2026-03-31' },
    answer: objectOf({
      ...{ asOf: DATE, knownAt: TEXT_OR_NULL, position: POSITION, currency: TEXT },
      ...{ buckets: BUCKETS, outstanding: MINOR, credit: MINOR, accounts: INTEGER },
    }),
  })
  async getArrears(@Facts() facts: RequestFacts, @Input() input: GetArrearsRequest) {
    const { communityId, currency, position } = facts;
    const query = { communityId, currency, position: position!, ...cutOf(input, facts) };
    const { accounts, ...totals } = await this.reader.findReport(query);
    return { ...totals, accounts: accounts.length };
  }
}
