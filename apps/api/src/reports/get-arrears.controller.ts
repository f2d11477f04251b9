import { Controller } from '@nestjs/common';
import { IsOptional, IsString } from 'class-validator';
import { parseAsOfInstant, parseLocalDate } from '#libs/kernel';
import {
  arrearsAccountsProjection,
  ArrearsAgingReader,
  arrearsAgingProjection,
  arrearsTotalsProjection,
  CurrentArrearsReader,
} from '#projections';
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

/** Whether kept totals answer it: all that is known and folded by now, as of the present day or a later one. */
export function isCurrent(cut: ReturnType<typeof cutOf>, { today, at }: RequestFacts): boolean {
  return at === undefined && !('knownAt' in cut) && cut.asOf >= today;
}

/** Read models that arrears are answered from. */
export const ARREARS_MODELS = [arrearsAgingProjection, arrearsAccountsProjection, arrearsTotalsProjection];

@Controller('communities/:communityId/arrears')
export class GetArrearsController {
  constructor(
    private readonly reader: ArrearsAgingReader,
    private readonly current: CurrentArrearsReader,
  ) {}

  @QueryRoute({
    operation: 'getArrears',
    summary: 'What a community is owed, by age (domain.md §3), as of a day, as known at an instant (D16)',
    input: GetArrearsRequest,
    models: ARREARS_MODELS,
    history: [arrearsAgingProjection],
    example: { asOf: '2026-03-31' },
    answer: objectOf({
      ...{ asOf: DATE, knownAt: TEXT_OR_NULL, position: POSITION, currency: TEXT },
      ...{ buckets: BUCKETS, outstanding: MINOR, credit: MINOR, accounts: INTEGER },
    }),
  })
  async getArrears(@Facts() facts: RequestFacts, @Input() input: GetArrearsRequest) {
    const { communityId, currency } = facts;
    const cut = cutOf(input, facts);
    const kept = isCurrent(cut, facts) ? await this.current.findTotals({ communityId, asOf: cut.asOf }) : undefined;
    if (kept) {
      const position = kept.position.toString();
      return { asOf: cut.asOf, knownAt: null, position, currency, ...kept.sums.toReport(), accounts: kept.accounts };
    }
    const query = { communityId, currency, position: facts.position!, ...cut };
    const { accounts, ...totals } = await this.reader.findReport(query);
    return { ...totals, accounts: accounts.length };
  }
}
