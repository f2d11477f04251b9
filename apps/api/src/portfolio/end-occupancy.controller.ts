import { Controller } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { EndOccupancyCommand, EndOccupancyInput, type Caller } from '#libs/portfolio/nest';
import { CommandRoute } from '../http/operation.js';
import { CallerOf, Input } from '../http/parameters.js';

@Controller('communities/:communityId/units/:unitId/occupancies/:occupancyId/end')
export class EndOccupancyController {
  constructor(private readonly bus: CommandBus) {}

  @CommandRoute({
    operation: 'endOccupancy',
    summary: 'Ends an occupancy with its last day',
    input: EndOccupancyInput,
    ifMatch: true,
    example: { endsOn: '2026-12-31' },
  })
  endOccupancy(@CallerOf() caller: Caller, @Input() input: EndOccupancyInput) {
    return this.bus.execute(new EndOccupancyCommand(caller, input));
  }
}
