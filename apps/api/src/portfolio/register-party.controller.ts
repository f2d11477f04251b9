import { Controller } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { RegisterPartyCommand, RegisterPartyInput, type Caller } from '#libs/portfolio/nest';
import { CommandRoute } from '../http/operation.js';
import { CallerOf, Input } from '../http/parameters.js';

@Controller('communities/:communityId/parties')
export class RegisterPartyController {
  constructor(private readonly bus: CommandBus) {}

  @CommandRoute({
    operation: 'registerParty',
    summary: 'Registers a person or an organization; the details are sealed (R4.3)',
    input: RegisterPartyInput,
    ifMatch: false,
    example: { partyId: 'P-0001', kind: 'person', details: { name: '王小明', phones: ['13800000000'] } },
  })
  registerParty(@CallerOf() caller: Caller, @Input() input: RegisterPartyInput) {
    return this.bus.execute(new RegisterPartyCommand(caller, input));
  }
}
