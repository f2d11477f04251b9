import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { IsIn, IsString, Matches } from 'class-validator';
import { CommandRunner } from '#libs/event-store';
import { parseId, type LocalDate } from '#libs/kernel';
import { startOccupancy } from '../domain/unit.decisions.js';
import type { OccupancyRole } from '../domain/unit.events.js';
import { unitDecider } from '../domain/unit.state.js';
import { KnownPortfolio } from './known-portfolio.js';
import { commandContext, decisionContext, PortfolioCommand, UnitInput } from './portfolio-command.js';

export class StartOccupancyInput extends UnitInput {
  @IsString()
  partyId!: string;

  @IsString()
  accountId!: string;

  @IsIn(['owner', 'tenant'])
  role!: OccupancyRole;

  @Matches(/^\d{4}-\d{2}-\d{2}$/)
  startsOn!: LocalDate;
}

export class StartOccupancyCommand extends PortfolioCommand<StartOccupancyInput> {}

@CommandHandler(StartOccupancyCommand)
export class StartOccupancyHandler implements ICommandHandler<StartOccupancyCommand> {
  constructor(
    private readonly runner: CommandRunner,
    private readonly known: KnownPortfolio,
  ) {}

  async execute({ caller, input }: StartOccupancyCommand) {
    await this.known.party(caller.communityId, parseId(input.partyId));
    const context = decisionContext(caller, { effectiveOn: input.startsOn });
    return this.runner.execute(unitDecider, parseId(input.unitId), commandContext(caller, input), (state) =>
      startOccupancy(state, input, context),
    );
  }
}
