import { Controller } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import type { Caller } from '#libs/receivables/nest';
import { ActOnCaseCommand } from '#libs/service-desk/nest';
import { CommandRoute } from '../http/operation.js';
import { CallerOf, Input } from '../http/parameters.js';
import { CASE_PATH, WrittenActivityRequest } from './case-requests.js';

export class ReportProgressRequest extends WrittenActivityRequest {}

@Controller(CASE_PATH)
export class ReportProgressController {
  constructor(private readonly bus: CommandBus) {}

  @CommandRoute({
    operation: 'reportProgress',
    summary: 'Reports progress on the case (R3.3)',
    at: 'progress',
    input: ReportProgressRequest,
    ifMatch: true,
    example: { at: '2026-03-02T11:00:00+08:00', text: '配件已订' },
  })
  reportProgress(@CallerOf() caller: Caller, @Input() input: ReportProgressRequest) {
    return this.bus.execute(new ActOnCaseCommand(caller, { ...input, command: 'progress' }));
  }
}
