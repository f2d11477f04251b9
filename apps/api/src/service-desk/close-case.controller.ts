import { Controller } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import type { Caller } from '#libs/receivables/nest';
import { ActOnCaseCommand } from '#libs/service-desk/nest';
import { CommandRoute } from '../http/operation.js';
import { CallerOf, Input } from '../http/parameters.js';
import { CASE_PATH, WrittenActivityRequest } from './case-requests.js';

export class CloseCaseRequest extends WrittenActivityRequest {}

@Controller(CASE_PATH)
export class CloseCaseController {
  constructor(private readonly bus: CommandBus) {}

  @CommandRoute({
    operation: 'closeCase',
    summary: 'Closes the case',
    at: 'close',
    input: CloseCaseRequest,
    ifMatch: true,
    example: { at: '2026-03-03T11:00:00+08:00' },
  })
  closeCase(@CallerOf() caller: Caller, @Input() input: CloseCaseRequest) {
    return this.bus.execute(new ActOnCaseCommand(caller, { ...input, command: 'close' }));
  }
}
