import { Controller } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { RegisterCommunityCommand, RegisterCommunityInput, type Caller } from '#libs/portfolio/nest';
import { CommandRoute } from '../http/operation.js';
import { CallerOf, Input } from '../http/parameters.js';

@Controller('communities/:communityId')
export class RegisterCommunityController {
  constructor(private readonly bus: CommandBus) {}

  @CommandRoute({
    operation: 'registerCommunity',
    summary: 'Registers a community with its currency and time zone (D1, D2)',
    input: RegisterCommunityInput,
    beforeRegistration: true,
    ifMatch: false,
    example: { name: '映湖花园', currency: 'CNY', timeZone: 'Asia/Shanghai' },
  })
  registerCommunity(@CallerOf() caller: Caller, @Input() input: RegisterCommunityInput) {
    return this.bus.execute(new RegisterCommunityCommand(caller, input));
  }
}
