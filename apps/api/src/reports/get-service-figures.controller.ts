import { Controller } from '@nestjs/common';
import { IsIn, IsOptional, IsString } from 'class-validator';
import { DomainError, parseAsOfInstant, parseLocalDate } from '#libs/kernel';
import { ServiceQualityReader, serviceQualityProjection, type ServiceDimension } from '#projections';
import type { RequestFacts } from '../http/http-types.js';
import { QueryRoute } from '../http/operation.js';
import { Facts, Input } from '../http/parameters.js';
import { ANY_OBJECT, DATE, INSTANT, listOf, objectOf, POSITION, TEXT_OR_NULL } from '../openapi/schema-types.js';
import { QueryRequest } from './queries.js';

const DIMENSIONS: readonly ServiceDimension[] = ['team', 'agent', 'kind', 'severity', 'month'];

export class GetServiceFiguresRequest extends QueryRequest {
  /** First day of the period in which cases were opened. */
  @IsString()
  from!: string;

  /** Last day of it. */
  @IsString()
  to!: string;

  /** What happened later does not count: an instant, or a date for the end of that day; by default now. */
  @IsOptional()
  @IsString()
  asOf?: string;

  /** The same figures for each value of a dimension. */
  @IsOptional()
  @IsIn(DIMENSIONS)
  by?: ServiceDimension;
}

@Controller('communities/:communityId/service-figures')
export class GetServiceFiguresController {
  constructor(private readonly reader: ServiceQualityReader) {}

  @QueryRoute({
    operation: 'getServiceFigures',
    summary: 'Figures of the cases opened in a period (domain.md §3): states, resolution, milestones, response times',
    input: GetServiceFiguresRequest,
    models: [serviceQualityProjection],
    history: [serviceQualityProjection],
    example: { from: '2026-03-01', to: '2026-03-31', asOf: '2026-03-31', by: 'team' },
    answer: objectOf({
      ...{ from: DATE, to: DATE, asOf: INSTANT, position: POSITION, figures: ANY_OBJECT },
      slices: listOf(objectOf({ value: TEXT_OR_NULL, figures: ANY_OBJECT })),
    }),
  })
  async getServiceFigures(@Facts() facts: RequestFacts, @Input() input: GetServiceFiguresRequest) {
    const { communityId, timeZone, caller, position } = facts;
    const [from, to] = [parseLocalDate(input.from), parseLocalDate(input.to)];
    if (from > to) throw new DomainError('PERIOD_INVALID', 'The period ends before it begins');
    const asOf = input.asOf === undefined ? caller.receivedAt : parseAsOfInstant(input.asOf, timeZone);
    const query = { communityId, from, to, asOf, timeZone, position: position! };
    const figures = await this.reader.findFigures(query);
    const slices = input.by === undefined ? [] : await this.reader.listFiguresBy(query, input.by);
    return { from, to, asOf, position: position!.toString(), figures, slices };
  }
}
