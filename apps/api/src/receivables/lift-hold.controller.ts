import { Controller } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { LiftHoldCommand, LiftHoldInput, type Caller } from '#libs/receivables/nest';
import { CommandRoute } from '../http/operation.js';
import { CallerOf, Input } from '../http/parameters.js';

@Controller('communities/:communityId/accounts/:accountId/holds/:holdId/lifting')
export class LiftHoldController {
  constructor(private readonly bus: CommandBus) {}

  @CommandRoute({
    operation: 'liftHold',
    summary: 'Lifts a hold',
    input: LiftHoldInput,
    ifMatch: true,
    example: { reason: 'meter is right', effectiveOn: '2026-03-02' },
    exampleAt: { holdId: '4' },
  })
  liftHold(@CallerOf() caller: Caller, @Input() input: LiftHoldInput) {
    return this.bus.execute(new LiftHoldCommand(caller, input));
  }
}
