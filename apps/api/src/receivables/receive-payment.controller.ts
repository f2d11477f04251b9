import { Controller } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ReceivePaymentCommand, ReceivePaymentInput, type Caller } from '#libs/receivables/nest';
import { CommandRoute } from '../http/operation.js';
import { CallerOf, Input } from '../http/parameters.js';

@Controller('communities/:communityId/accounts/:accountId/payments')
export class ReceivePaymentController {
  constructor(private readonly bus: CommandBus) {}

  @CommandRoute({
    operation: 'receivePayment',
    summary: 'Records a payment, allocates it (D7) and draws its receipt number (D17)',
    input: ReceivePaymentInput,
    ifMatch: true,
    example: {
      amount: { currency: 'CNY', minor: '10000' },
      effectiveOn: '2026-02-25',
      method: 'transfer',
      reference: 'BANK-4711',
      designatedItemIds: ['1'],
    },
  })
  receivePayment(@CallerOf() caller: Caller, @Input() input: ReceivePaymentInput) {
    return this.bus.execute(new ReceivePaymentCommand(caller, input));
  }
}
