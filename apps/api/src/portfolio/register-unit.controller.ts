import { Controller } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { RegisterUnitCommand, RegisterUnitInput, type Caller } from '#libs/portfolio/nest';
import { CommandRoute } from '../http/operation.js';
import { CallerOf, Input } from '../http/parameters.js';

@Controller('communities/:communityId/units')
export class RegisterUnitController {
  constructor(private readonly bus: CommandBus) {}

  @CommandRoute({
    operation: 'registerUnit',
    summary: 'Registers a unit with its use and its floor area in 0.01 m²',
    input: RegisterUnitInput,
    ifMatch: false,
    example: { unitId: 'B1/0101', use: 'residential', areaCentiM2: 8943 },
  })
  registerUnit(@CallerOf() caller: Caller, @Input() input: RegisterUnitInput) {
    return this.bus.execute(new RegisterUnitCommand(caller, input));
  }
}
