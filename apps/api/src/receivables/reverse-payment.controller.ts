import { Controller } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ReversePaymentCommand, ReversePaymentInput, type Caller } from '#libs/receivables/nest';
import { CommandRoute } from '../http/operation.js';
import { CallerOf, Input } from '../http/parameters.js';

@Controller('communities/:communityId/accounts/:accountId/payments/:paymentId/reversal')
export class ReversePaymentController {
  constructor(private readonly bus: CommandBus) {}

  @CommandRoute({
    operation: 'reversePayment',
    summary: 'Undoes a payment by a fact that names it (D11)',
    input: ReversePaymentInput,
    ifMatch: true,
    example: { reason: 'bounced', effectiveOn: '2026-03-20' },
    exampleAt: { paymentId: '3' },
  })
  reversePayment(@CallerOf() caller: Caller, @Input() input: ReversePaymentInput) {
    return this.bus.execute(new ReversePaymentCommand(caller, input));
  }
}
