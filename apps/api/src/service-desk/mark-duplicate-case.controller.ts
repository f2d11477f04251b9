import { Controller } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { IsString } from 'class-validator';
import type { Caller } from '#libs/receivables/nest';
import { ActOnCaseCommand } from '#libs/service-desk/nest';
import { CommandRoute } from '../http/operation.js';
import { CallerOf, Input } from '../http/parameters.js';
import { CASE_PATH, CaseActivityRequest } from './case-requests.js';

export class MarkDuplicateCaseRequest extends CaseActivityRequest {
  @IsString()
  ofCaseId!: string;
}

@Controller(CASE_PATH)
export class MarkDuplicateCaseController {
  constructor(private readonly bus: CommandBus) {}

  @CommandRoute({
    operation: 'markDuplicateCase',
    summary: 'Marks the case as a duplicate of another; it ends',
    at: 'mark-duplicate',
    input: MarkDuplicateCaseRequest,
    ifMatch: true,
    example: { at: '2026-03-04T10:00:00+08:00', ofCaseId: '2026/000001' },
    exampleAt: { caseId: '2026/000003' },
  })
  markDuplicateCase(@CallerOf() caller: Caller, @Input() input: MarkDuplicateCaseRequest) {
    return this.bus.execute(new ActOnCaseCommand(caller, { ...input, command: 'mark-duplicate' }));
  }
}
