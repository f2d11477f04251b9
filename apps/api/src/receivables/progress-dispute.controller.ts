import { Controller } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ProgressDisputeCommand, ProgressDisputeInput, type Caller } from '#libs/receivables/nest';
import { CommandRoute } from '../http/operation.js';
import { CallerOf, Input } from '../http/parameters.js';

@Controller('communities/:communityId/accounts/:accountId/disputes/:disputeId/progress')
export class ProgressDisputeController {
  constructor(private readonly bus: CommandBus) {}

  @CommandRoute({
    operation: 'progressDispute',
    summary: 'Records progress of a dispute (R1.4)',
    input: ProgressDisputeInput,
    ifMatch: true,
    example: { reference: 'D-1 mediation', effectiveOn: '2026-03-20' },
    exampleAt: { disputeId: '5' },
  })
  progressDispute(@CallerOf() caller: Caller, @Input() input: ProgressDisputeInput) {
    return this.bus.execute(new ProgressDisputeCommand(caller, input));
  }
}
