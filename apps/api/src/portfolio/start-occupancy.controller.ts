import { Controller } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { StartOccupancyCommand, StartOccupancyInput, type Caller } from '#libs/portfolio/nest';
import { CommandRoute } from '../http/operation.js';
import { CallerOf, Input } from '../http/parameters.js';

@Controller('communities/:communityId/units/:unitId/occupancies')
export class StartOccupancyController {
  constructor(private readonly bus: CommandBus) {}

  @CommandRoute({
    operation: 'startOccupancy',
    summary: 'Starts the occupancy of a unit by its owner or a tenant',
    input: StartOccupancyInput,
    ifMatch: true,
    example: { partyId: 'P-0001', accountId: 'B1/0101', role: 'owner', startsOn: '2026-01-01' },
  })
  startOccupancy(@CallerOf() caller: Caller, @Input() input: StartOccupancyInput) {
    return this.bus.execute(new StartOccupancyCommand(caller, input));
  }
}
