import { Controller } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { AssessFeeCommand, AssessFeeInput, type Caller } from '#libs/receivables/nest';
import { CommandRoute } from '../http/operation.js';
import { CallerOf, Input } from '../http/parameters.js';

@Controller('communities/:communityId/accounts/:accountId/fees')
export class AssessFeeController {
  constructor(private readonly bus: CommandBus) {}

  @CommandRoute({
    operation: 'assessFee',
    summary: 'Charges a fee; a credit on the account is applied to it at once (D7)',
    input: AssessFeeInput,
    ifMatch: true,
    example: {
      item: 'property-fee',
      amount: { currency: 'CNY', minor: '25040' },
      dueOn: '2026-02-05',
      effectiveOn: '2026-01-20',
      reference: '2026-02',
      tariff: { tariffId: 'T1', version: 1, lateFee: { ppmPerDay: 500, graceDays: 0, capPpm: 1000000 } },
      period: { from: '2026-02-01', to: '2026-02-28' },
    },
  })
  assessFee(@CallerOf() caller: Caller, @Input() input: AssessFeeInput) {
    return this.bus.execute(new AssessFeeCommand(caller, input));
  }
}
