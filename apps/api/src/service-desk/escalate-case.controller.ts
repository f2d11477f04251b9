import { Controller } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { IsIn, IsOptional } from 'class-validator';
import type { Caller } from '#libs/receivables/nest';
import { RUNGS, type Rung } from '#libs/service-desk';
import { ActOnCaseCommand } from '#libs/service-desk/nest';
import { CommandRoute } from '../http/operation.js';
import { CallerOf, Input } from '../http/parameters.js';
import { CASE_PATH, WrittenActivityRequest } from './case-requests.js';

export class EscalateCaseRequest extends WrittenActivityRequest {
  /** Of a dispute. */
  @IsOptional()
  @IsIn(RUNGS)
  rung?: Rung;
}

@Controller(CASE_PATH)
export class EscalateCaseController {
  constructor(private readonly bus: CommandBus) {}

  @CommandRoute({
    operation: 'escalateCase',
    summary: 'Moves the case up; a dispute climbs its ladder (R1.4)',
    at: 'escalate',
    input: EscalateCaseRequest,
    ifMatch: true,
    example: { at: '2026-03-02T15:00:00+08:00', text: '需要厂家' },
  })
  escalateCase(@CallerOf() caller: Caller, @Input() input: EscalateCaseRequest) {
    return this.bus.execute(new ActOnCaseCommand(caller, { ...input, command: 'escalate' }));
  }
}
