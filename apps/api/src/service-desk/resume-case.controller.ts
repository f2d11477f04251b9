import { Controller } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import type { Caller } from '#libs/receivables/nest';
import { ActOnCaseCommand } from '#libs/service-desk/nest';
import { CommandRoute } from '../http/operation.js';
import { CallerOf, Input } from '../http/parameters.js';
import { CASE_PATH, CaseActivityRequest } from './case-requests.js';

export class ResumeCaseRequest extends CaseActivityRequest {}

@Controller(CASE_PATH)
export class ResumeCaseController {
  constructor(private readonly bus: CommandBus) {}

  @CommandRoute({
    operation: 'resumeCase',
    summary: 'Goes on after the customer came back (D5)',
    at: 'resume',
    input: ResumeCaseRequest,
    ifMatch: true,
    example: { at: '2026-03-02T14:00:00+08:00' },
  })
  resumeCase(@CallerOf() caller: Caller, @Input() input: ResumeCaseRequest) {
    return this.bus.execute(new ActOnCaseCommand(caller, { ...input, command: 'resume' }));
  }
}
