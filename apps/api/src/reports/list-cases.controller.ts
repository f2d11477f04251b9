import { Controller } from '@nestjs/common';
import { IsIn, IsOptional } from 'class-validator';
import { CASE_KINDS, CASE_STATUSES, type CaseKind, type CaseStatus } from '#libs/service-desk';
import { CaseQueueReader, caseQueueProjection, serviceQualityProjection, type QueuePlace } from '#projections';
import type { RequestFacts } from '../http/http-types.js';
import { ListCursors } from '../http/list-cursors.js';
import { QueryRoute } from '../http/operation.js';
import { Facts, Input } from '../http/parameters.js';
import { ANY_OBJECT, FLAG, INSTANT, listOf, objectOf, POSITION, TEXT, TEXT_OR_NULL } from '../openapi/schema-types.js';
import { firstOf, limitOf, PageRequest } from './queries.js';

export class ListCasesRequest extends PageRequest {
  @IsOptional()
  @IsIn(CASE_STATUSES)
  status?: CaseStatus;

  /** Only cases with a breached milestone. */
  @IsOptional()
  @IsIn(['true', 'false'])
  breached?: string;
}

const CASE = objectOf({
  ...{ caseId: TEXT, kind: TEXT, state: TEXT, severity: TEXT_OR_NULL, team: TEXT_OR_NULL, handler: TEXT_OR_NULL },
  ...{ openedAt: INSTANT, reopened: FLAG, paused: FLAG, due: TEXT_OR_NULL, dueAt: TEXT_OR_NULL },
  ...{ minutesLeft: { type: ['integer', 'null'] }, provisional: FLAG },
  milestones: { ...ANY_OBJECT, type: ['object', 'null'] },
});

@Controller('communities/:communityId/cases')
export class ListCasesController {
  constructor(
    private readonly reader: CaseQueueReader,
    private readonly lists: ListCursors,
  ) {}

  @QueryRoute({
    operation: 'listCases',
    summary: 'The queue of cases, those whose next clock ends first at its head (R3.2)',
    input: ListCasesRequest,
    models: [caseQueueProjection],
    history: [serviceQualityProjection],
    example: { limit: '10' },
    answer: objectOf({ position: POSITION, now: INSTANT, cases: listOf(CASE), nextCursor: TEXT_OR_NULL }),
  })
  async listCases(@Facts() { communityId, caller, position, at }: RequestFacts, @Input() input: ListCasesRequest) {
    const { status } = input;
    const breached = input.breached === 'true';
    const now = caller.receivedAt;
    const list = ['cases', communityId, status ?? null, breached, at?.toString() ?? null];
    const model = at === undefined ? caseQueueProjection : serviceQualityProjection;
    const { cursor, next } = await this.lists.open(list, model, input.cursor, 3);
    const limit = limitOf(input);
    const query = {
      ...{ communityId, now, breached, pageSize: limit + 1 },
      ...(status === undefined ? {} : { status }),
      ...(cursor ? { after: placeOf(cursor.place) } : {}),
    };
    const cases =
      at === undefined
        ? this.reader.listCases(query)
        : this.reader.listCasesAt({ ...query, position: at, limit: limit + 1 });
    const { items, more } = await firstOf(cases, limit);
    const last = items.at(-1);
    const place = last ? [last.dueAt, last.caseId, last.kind] : [];
    const nextCursor = more ? next({ position: position!, place }) : null;
    return { position: position!.toString(), now, cases: items, nextCursor };
  }
}

function placeOf([dueAt = null, caseId, kind]: readonly (string | null)[]): QueuePlace {
  return {
    dueAt,
    caseId: caseId ?? '',
    kind: CASE_KINDS.find((known) => known === kind) ?? (CASE_KINDS[0] as CaseKind),
  };
}
