import { Controller } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ReverseFeeCommand, ReverseFeeInput, type Caller } from '#libs/receivables/nest';
import { CommandRoute } from '../http/operation.js';
import { CallerOf, Input } from '../http/parameters.js';

@Controller('communities/:communityId/accounts/:accountId/fees/:itemId/reversal')
export class ReverseFeeController {
  constructor(private readonly bus: CommandBus) {}

  @CommandRoute({
    operation: 'reverseFee',
    summary: 'Undoes a fee or a late fee by a fact that names it (D11)',
    input: ReverseFeeInput,
    ifMatch: true,
    example: { reason: 'charged twice', effectiveOn: '2026-03-20' },
    exampleAt: { itemId: '1' },
  })
  reverseFee(@CallerOf() caller: Caller, @Input() input: ReverseFeeInput) {
    return this.bus.execute(new ReverseFeeCommand(caller, input));
  }
}
