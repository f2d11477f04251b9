import { Controller } from '@nestjs/common';
import { IsIn, IsOptional } from 'class-validator';
import { CASE_KINDS, CASE_STATUSES, type CaseKind, type CaseStatus } from '#libs/service-desk';
import { CaseQueueReader, caseQueueProjection, type QueuePlace } from '#projections';
import { decodeCursor, encodeCursor } from '../http/cursor.js';
import type { RequestFacts } from '../http/http-types.js';
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
  constructor(private readonly reader: CaseQueueReader) {}

  @QueryRoute({
    operation: 'listCases',
    summary: 'The queue of cases, those whose next clock ends first at its head (R3.2)',
    input: ListCasesRequest,
    models: [caseQueueProjection],
    example: { limit: '10' },
    answer: objectOf({ position: POSITION, now: INSTANT, cases: listOf(CASE), nextCursor: TEXT_OR_NULL }),
  })
  async listCases(@Facts() { communityId, caller, position }: RequestFacts, @Input() input: ListCasesRequest) {
    const { status, breached } = input;
    const now = caller.receivedAt;
    const list = ['cases', caseQueueProjection.version, communityId, status ?? null, breached === 'true'];
    const cursor = input.cursor === undefined ? undefined : decodeCursor(list, input.cursor, 3);
    const cases = this.reader.listCases({
      ...{ communityId, now, breached: breached === 'true', pageSize: limitOf(input) + 1 },
      ...(status === undefined ? {} : { status }),
      ...(cursor ? { after: placeOf(cursor.place) } : {}),
    });
    const { items, more } = await firstOf(cases, limitOf(input));
    const last = items.at(-1);
    const place = last ? [last.dueAt, last.caseId, last.kind] : [];
    const nextCursor = more ? encodeCursor(list, { position: position!, place }) : null;
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
