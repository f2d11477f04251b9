import { Controller } from '@nestjs/common';
import { IsIn, IsString } from 'class-validator';
import { DomainError, parseId } from '#libs/kernel';
import { CASE_KINDS, caseDecider, describeCase, type CaseKind } from '#libs/service-desk';
import type { RequestFacts } from '../http/http-types.js';
import { QueryRoute } from '../http/operation.js';
import { Facts, Input } from '../http/parameters.js';
import { ANY_OBJECT, FLAG, INSTANT, listOf, objectOf, POSITION, TEXT, TEXT_OR_NULL } from '../openapi/schema-types.js';
import { EntityStates } from '../reports/entity-states.js';
import { QueryRequest } from '../reports/queries.js';
import { CASE_PATH } from './case-requests.js';

export class GetCaseRequest extends QueryRequest {
  @IsIn(CASE_KINDS)
  kind!: CaseKind;

  @IsString()
  caseId!: string;
}

@Controller(CASE_PATH)
export class GetCaseController {
  constructor(private readonly states: EntityStates) {}

  @QueryRoute({
    operation: 'getCase',
    summary: 'A case with its clocks as they stand (D5), straight from the event store; its entity tag is for If-Match',
    input: GetCaseRequest,
    models: [],
    history: 'stream',
    example: {},
    answer: objectOf({
      ...{ caseId: TEXT, status: TEXT, kind: TEXT, severity: TEXT_OR_NULL, team: TEXT_OR_NULL, handler: TEXT_OR_NULL },
      ...{ handlers: listOf(TEXT), verifiedBy: TEXT_OR_NULL, openedAt: INSTANT, reopened: FLAG },
      ...{ pausedAt: TEXT_OR_NULL, pauses: listOf(ANY_OBJECT), completeOn: TEXT, provisional: FLAG },
      ...{ policy: TEXT, calendar: TEXT, milestones: ANY_OBJECT, revision: TEXT, position: POSITION },
    }),
  })
  async getCase(@Facts() { communityId, caller, at }: RequestFacts, @Input() input: GetCaseRequest) {
    const caseId = parseId(input.caseId);
    const found = await this.states.find(caseDecider(input.kind), { communityId, id: caseId, at }, (state) =>
      describeCase(state, caller.receivedAt),
    );
    if (!found) throw new DomainError('CASE_NOT_FOUND', 'There is no such case');
    return { caseId, ...found.seen, ...found.head };
  }
}
