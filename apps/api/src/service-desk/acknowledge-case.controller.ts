import { Controller } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import type { Caller } from '#libs/receivables/nest';
import { ActOnCaseCommand } from '#libs/service-desk/nest';
import { CommandRoute } from '../http/operation.js';
import { CallerOf, Input } from '../http/parameters.js';
import { CASE_PATH, CaseActivityRequest } from './case-requests.js';

export class AcknowledgeCaseRequest extends CaseActivityRequest {}

@Controller(CASE_PATH)
export class AcknowledgeCaseController {
  constructor(private readonly bus: CommandBus) {}

  @CommandRoute({
    operation: 'acknowledgeCase',
    summary: 'Confirms that the case has been seen (R3.2)',
    at: 'acknowledge',
    input: AcknowledgeCaseRequest,
    ifMatch: true,
    example: { at: '2026-03-02T09:30:00+08:00' },
  })
  acknowledgeCase(@CallerOf() caller: Caller, @Input() input: AcknowledgeCaseRequest) {
    return this.bus.execute(new ActOnCaseCommand(caller, { ...input, command: 'acknowledge' }));
  }
}
