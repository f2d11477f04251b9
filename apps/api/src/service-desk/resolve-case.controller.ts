import { Controller } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import type { Caller } from '#libs/receivables/nest';
import { ActOnCaseCommand } from '#libs/service-desk/nest';
import { CommandRoute } from '../http/operation.js';
import { CallerOf, Input } from '../http/parameters.js';
import { CASE_PATH, WrittenActivityRequest } from './case-requests.js';

export class ResolveCaseRequest extends WrittenActivityRequest {}

@Controller(CASE_PATH)
export class ResolveCaseController {
  constructor(private readonly bus: CommandBus) {}

  @CommandRoute({
    operation: 'resolveCase',
    summary: 'Resolves the case (D5)',
    at: 'resolve',
    input: ResolveCaseRequest,
    ifMatch: true,
    example: { at: '2026-03-03T09:00:00+08:00', text: '已修好' },
  })
  resolveCase(@CallerOf() caller: Caller, @Input() input: ResolveCaseRequest) {
    return this.bus.execute(new ActOnCaseCommand(caller, { ...input, command: 'resolve' }));
  }
}
