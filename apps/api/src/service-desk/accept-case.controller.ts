import { Controller } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { IsOptional, IsString } from 'class-validator';
import type { Caller } from '#libs/receivables/nest';
import { ActOnCaseCommand } from '#libs/service-desk/nest';
import { CommandRoute } from '../http/operation.js';
import { CallerOf, Input } from '../http/parameters.js';
import { CASE_PATH, CaseActivityRequest } from './case-requests.js';

export class AcceptCaseRequest extends CaseActivityRequest {
  @IsOptional()
  @IsString()
  handler?: string;
}

@Controller(CASE_PATH)
export class AcceptCaseController {
  constructor(private readonly bus: CommandBus) {}

  @CommandRoute({
    operation: 'acceptCase',
    summary: 'Takes the case on; after it was resolved or closed this reopens it (D5)',
    at: 'accept',
    input: AcceptCaseRequest,
    ifMatch: true,
    example: { at: '2026-03-02T10:00:00+08:00', handler: 'agent-1' },
  })
  acceptCase(@CallerOf() caller: Caller, @Input() input: AcceptCaseRequest) {
    return this.bus.execute(new ActOnCaseCommand(caller, { ...input, command: 'accept' }));
  }
}
