import { Controller } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ErasePartyCommand, ErasePartyInput, type Caller } from '#libs/portfolio/nest';
import { CommandRoute } from '../http/operation.js';
import { CallerOf, Input } from '../http/parameters.js';

@Controller('communities/:communityId/parties/:partyId/erasure')
export class ErasePartyController {
  constructor(private readonly bus: CommandBus) {}

  @CommandRoute({
    operation: 'eraseParty',
    summary: 'Makes what is known of a party unreadable for ever (R4.3)',
    input: ErasePartyInput,
    ifMatch: true,
    example: {},
  })
  eraseParty(@CallerOf() caller: Caller, @Input() input: ErasePartyInput) {
    return this.bus.execute(new ErasePartyCommand(caller, input));
  }
}
