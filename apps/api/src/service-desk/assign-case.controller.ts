import { Controller } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { IsIn, IsOptional, IsString } from 'class-validator';
import type { Caller } from '#libs/receivables/nest';
import { ActOnCaseCommand, SEVERITIES } from '#libs/service-desk/nest';
import { CommandRoute } from '../http/operation.js';
import { CallerOf, Input } from '../http/parameters.js';
import { CASE_PATH, CaseActivityRequest } from './case-requests.js';

export class AssignCaseRequest extends CaseActivityRequest {
  @IsOptional()
  @IsString()
  handler?: string;

  @IsOptional()
  @IsString()
  team?: string;

  @IsOptional()
  @IsIn(SEVERITIES)
  severity?: (typeof SEVERITIES)[number];
}

@Controller(CASE_PATH)
export class AssignCaseController {
  constructor(private readonly bus: CommandBus) {}

  @CommandRoute({
    operation: 'assignCase',
    summary: 'Names the handler, the team or another severity (R3.3)',
    at: 'assign',
    input: AssignCaseRequest,
    ifMatch: true,
    example: { at: '2026-03-02T10:30:00+08:00', team: 'elevators', severity: 'major', handler: 'agent-1' },
  })
  assignCase(@CallerOf() caller: Caller, @Input() input: AssignCaseRequest) {
    return this.bus.execute(new ActOnCaseCommand(caller, { ...input, command: 'assign' }));
  }
}
