import { Controller } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { OpenDisputeCommand, OpenDisputeInput, type Caller } from '#libs/receivables/nest';
import { CommandRoute } from '../http/operation.js';
import { CallerOf, Input } from '../http/parameters.js';

@Controller('communities/:communityId/accounts/:accountId/disputes')
export class OpenDisputeController {
  constructor(private readonly bus: CommandBus) {}

  @CommandRoute({
    operation: 'openDispute',
    summary: 'Opens a dispute about items, which are on hold from then on (D8)',
    input: OpenDisputeInput,
    ifMatch: true,
    example: { reference: 'D-1', itemIds: ['1'], effectiveOn: '2026-03-20' },
  })
  openDispute(@CallerOf() caller: Caller, @Input() input: OpenDisputeInput) {
    return this.bus.execute(new OpenDisputeCommand(caller, input));
  }
}
