import { Controller } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import type { Caller } from '#libs/receivables/nest';
import { ActOnCaseCommand } from '#libs/service-desk/nest';
import { CommandRoute } from '../http/operation.js';
import { CallerOf, Input } from '../http/parameters.js';
import { CASE_PATH, WrittenActivityRequest } from './case-requests.js';

export class VerifyCaseRequest extends WrittenActivityRequest {}

@Controller(CASE_PATH)
export class VerifyCaseController {
  constructor(private readonly bus: CommandBus) {}

  @CommandRoute({
    operation: 'verifyCase',
    summary: 'Confirms the resolution: somebody else than its handlers (R3.3, D12)',
    at: 'verify',
    input: VerifyCaseRequest,
    ifMatch: true,
    example: { at: '2026-03-03T10:00:00+08:00', text: '业主满意' },
  })
  verifyCase(@CallerOf() caller: Caller, @Input() input: VerifyCaseRequest) {
    return this.bus.execute(new ActOnCaseCommand(caller, { ...input, command: 'verify' }));
  }
}
