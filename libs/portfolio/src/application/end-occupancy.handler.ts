import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { IsString, Matches } from 'class-validator';
import { CommandRunner } from '#libs/event-store';
import { parseId, type LocalDate } from '#libs/kernel';
import { endOccupancy } from '../domain/unit.decisions.js';
import { unitDecider } from '../domain/unit.state.js';
import { commandContext, decisionContext, PortfolioCommand, UnitInput } from './portfolio-command.js';

export class EndOccupancyInput extends UnitInput {
  @IsString()
  occupancyId!: string;

  /** Last day. */
  @Matches(/^\d{4}-\d{2}-\d{2}$/)
  endsOn!: LocalDate;
}

export class EndOccupancyCommand extends PortfolioCommand<EndOccupancyInput> {}

@CommandHandler(EndOccupancyCommand)
export class EndOccupancyHandler implements ICommandHandler<EndOccupancyCommand> {
  constructor(private readonly runner: CommandRunner) {}

  execute({ caller, input }: EndOccupancyCommand) {
    const context = decisionContext(caller, { effectiveOn: input.endsOn });
    return this.runner.execute(unitDecider, parseId(input.unitId), commandContext(caller, input), (state) =>
      endOccupancy(state, input, context),
    );
  }
}
