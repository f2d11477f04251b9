import { Controller } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import type { Caller } from '#libs/receivables/nest';
import { ActOnCaseCommand } from '#libs/service-desk/nest';
import { CommandRoute } from '../http/operation.js';
import { CallerOf, Input } from '../http/parameters.js';
import { CASE_PATH, WrittenActivityRequest } from './case-requests.js';

export class RejectCaseRequest extends WrittenActivityRequest {}

@Controller(CASE_PATH)
export class RejectCaseController {
  constructor(private readonly bus: CommandBus) {}

  @CommandRoute({
    operation: 'rejectCase',
    summary: 'Rejects the case; it ends',
    at: 'reject',
    input: RejectCaseRequest,
    ifMatch: true,
    example: { at: '2026-03-04T10:00:00+08:00', text: '不属于物业' },
    exampleAt: { caseId: '2026/000002' },
  })
  rejectCase(@CallerOf() caller: Caller, @Input() input: RejectCaseRequest) {
    return this.bus.execute(new ActOnCaseCommand(caller, { ...input, command: 'reject' }));
  }
}
