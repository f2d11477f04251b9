import { Controller } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import type { Caller } from '#libs/receivables/nest';
import { ActOnCaseCommand } from '#libs/service-desk/nest';
import { CommandRoute } from '../http/operation.js';
import { CallerOf, Input } from '../http/parameters.js';
import { CASE_PATH, WrittenActivityRequest } from './case-requests.js';

export class AwaitCustomerRequest extends WrittenActivityRequest {}

@Controller(CASE_PATH)
export class AwaitCustomerController {
  constructor(private readonly bus: CommandBus) {}

  @CommandRoute({
    operation: 'awaitCustomer',
    summary: 'Asks the customer back, which pauses the completion clock (D5)',
    at: 'await-customer',
    input: AwaitCustomerRequest,
    ifMatch: true,
    example: { at: '2026-03-02T13:00:00+08:00', text: '什么时候在家？' },
  })
  awaitCustomer(@CallerOf() caller: Caller, @Input() input: AwaitCustomerRequest) {
    return this.bus.execute(new ActOnCaseCommand(caller, { ...input, command: 'await-customer' }));
  }
}
