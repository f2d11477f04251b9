import { Controller } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { PlaceHoldCommand, PlaceHoldInput, type Caller } from '#libs/receivables/nest';
import { CommandRoute } from '../http/operation.js';
import { CallerOf, Input } from '../http/parameters.js';

@Controller('communities/:communityId/accounts/:accountId/holds')
export class PlaceHoldController {
  constructor(private readonly bus: CommandBus) {}

  @CommandRoute({
    operation: 'placeHold',
    summary: 'Puts items on hold: no reminders and no late fee meanwhile (D8)',
    input: PlaceHoldInput,
    ifMatch: true,
    example: { reason: 'meter is checked', itemIds: ['1'], effectiveOn: '2026-03-01' },
  })
  placeHold(@CallerOf() caller: Caller, @Input() input: PlaceHoldInput) {
    return this.bus.execute(new PlaceHoldCommand(caller, input));
  }
}
