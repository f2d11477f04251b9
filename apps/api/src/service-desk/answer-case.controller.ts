import { Controller } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import type { Caller } from '#libs/receivables/nest';
import { ActOnCaseCommand } from '#libs/service-desk/nest';
import { CommandRoute } from '../http/operation.js';
import { CallerOf, Input } from '../http/parameters.js';
import { CASE_PATH, WrittenActivityRequest } from './case-requests.js';

export class AnswerCaseRequest extends WrittenActivityRequest {}

@Controller(CASE_PATH)
export class AnswerCaseController {
  constructor(private readonly bus: CommandBus) {}

  @CommandRoute({
    operation: 'answerCase',
    summary: 'Gives the customer a reply of substance (R3.3)',
    at: 'answer',
    input: AnswerCaseRequest,
    ifMatch: true,
    example: { at: '2026-03-02T12:00:00+08:00', text: '明天修好' },
  })
  answerCase(@CallerOf() caller: Caller, @Input() input: AnswerCaseRequest) {
    return this.bus.execute(new ActOnCaseCommand(caller, { ...input, command: 'answer' }));
  }
}
