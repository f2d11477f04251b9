import { Controller } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import type { Caller } from '#libs/receivables/nest';
import { ActOnCaseCommand } from '#libs/service-desk/nest';
import { CommandRoute } from '../http/operation.js';
import { CallerOf, Input } from '../http/parameters.js';
import { CASE_PATH, WrittenActivityRequest } from './case-requests.js';

export class WithdrawCaseRequest extends WrittenActivityRequest {}

@Controller(CASE_PATH)
export class WithdrawCaseController {
  constructor(private readonly bus: CommandBus) {}

  @CommandRoute({
    operation: 'withdrawCase',
    summary: 'The customer takes the case back; it ends',
    at: 'withdraw',
    input: WithdrawCaseRequest,
    ifMatch: true,
    example: { at: '2026-03-04T10:00:00+08:00' },
  })
  withdrawCase(@CallerOf() caller: Caller, @Input() input: WithdrawCaseRequest) {
    return this.bus.execute(new ActOnCaseCommand(caller, { ...input, command: 'withdraw' }));
  }
}
