import { Controller } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ChangePartyDetailsCommand, ChangePartyDetailsInput, type Caller } from '#libs/portfolio/nest';
import { CommandRoute } from '../http/operation.js';
import { CallerOf, Input } from '../http/parameters.js';

@Controller('communities/:communityId/parties/:partyId/details')
export class ChangePartyDetailsController {
  constructor(private readonly bus: CommandBus) {}

  @CommandRoute({
    operation: 'changePartyDetails',
    summary: 'Changes what is known of a party; the details are sealed (R4.3)',
    input: ChangePartyDetailsInput,
    ifMatch: true,
    example: { details: { name: '王小明', phones: ['13900000000'], address: '1 幢 101' } },
  })
  changePartyDetails(@CallerOf() caller: Caller, @Input() input: ChangePartyDetailsInput) {
    return this.bus.execute(new ChangePartyDetailsCommand(caller, input));
  }
}
