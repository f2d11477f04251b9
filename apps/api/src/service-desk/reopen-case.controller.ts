import { Controller } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import type { Caller } from '#libs/receivables/nest';
import { ActOnCaseCommand } from '#libs/service-desk/nest';
import { CommandRoute } from '../http/operation.js';
import { CallerOf, Input } from '../http/parameters.js';
import { CASE_PATH, WrittenActivityRequest } from './case-requests.js';

export class ReopenCaseRequest extends WrittenActivityRequest {}

@Controller(CASE_PATH)
export class ReopenCaseController {
  constructor(private readonly bus: CommandBus) {}

  @CommandRoute({
    operation: 'reopenCase',
    summary: 'Reopens a case that was resolved or closed (D5)',
    at: 'reopen',
    input: ReopenCaseRequest,
    ifMatch: true,
    example: { at: '2026-03-04T09:00:00+08:00', text: '又坏了' },
  })
  reopenCase(@CallerOf() caller: Caller, @Input() input: ReopenCaseRequest) {
    return this.bus.execute(new ActOnCaseCommand(caller, { ...input, command: 'reopen' }));
  }
}
