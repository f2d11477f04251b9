import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { IsIn, IsInt, Min } from 'class-validator';
import { CommandRunner } from '#libs/event-store';
import { parseId } from '#libs/kernel';
import { registerUnit } from '../domain/unit.decisions.js';
import type { UnitUse } from '../domain/unit.events.js';
import { unitDecider } from '../domain/unit.state.js';
import { KnownPortfolio } from './known-portfolio.js';
import { commandContext, decisionContext, PortfolioCommand, UnitInput } from './portfolio-command.js';

export class RegisterUnitInput extends UnitInput {
  @IsIn(['residential', 'commercial', 'office'])
  use!: UnitUse;

  /** Floor area in 0.01 m². */
  @IsInt()
  @Min(1)
  areaCentiM2!: number;
}

export class RegisterUnitCommand extends PortfolioCommand<RegisterUnitInput> {}

@CommandHandler(RegisterUnitCommand)
export class RegisterUnitHandler implements ICommandHandler<RegisterUnitCommand> {
  constructor(
    private readonly runner: CommandRunner,
    private readonly known: KnownPortfolio,
  ) {}

  async execute({ caller, input }: RegisterUnitCommand) {
    const { timeZone } = await this.known.community(caller.communityId);
    const context = decisionContext(caller, input, timeZone);
    return this.runner.execute(unitDecider, parseId(input.unitId), commandContext(caller, input), (state) =>
      registerUnit(state, input, context),
    );
  }
}
