import { Controller } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import type { Caller } from '#libs/receivables/nest';
import { OpenCaseCommand, OpenCaseInput } from '#libs/service-desk/nest';
import type { RequestFacts } from '../http/http-types.js';
import { CommandRoute } from '../http/operation.js';
import { CallerOf, Facts, Input } from '../http/parameters.js';

@Controller('communities/:communityId/cases')
export class OpenCaseController {
  constructor(private readonly bus: CommandBus) {}

  @CommandRoute({
    operation: 'openCase',
    summary: 'Opens a case under the next number of its year (D17); what was said is sealed (R4.3)',
    input: OpenCaseInput,
    example: {
      kind: 'complaint',
      channel: 'phone',
      severity: 'normal',
      openedAt: '2026-03-02T09:00:00+08:00',
      unitId: 'B1/0101',
      customer: '王小明',
      text: '电梯又坏了',
    },
  })
  openCase(@CallerOf() caller: Caller, @Facts() { timeZone }: RequestFacts, @Input() input: OpenCaseInput) {
    return this.bus.execute(new OpenCaseCommand({ ...caller, timeZone }, input));
  }
}
