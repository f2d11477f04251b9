import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { IsOptional, IsString, Matches } from 'class-validator';
import { CommandRunner } from '#libs/event-store';
import { parseCommunityId } from '#libs/kernel';
import { communityDecider, registerCommunity } from '../domain/community.js';
import { commandContext, decisionContext, PortfolioCommand, PortfolioInput } from './portfolio-command.js';

/** The community is the caller's `communityId`. */
export class RegisterCommunityInput extends PortfolioInput {
  @IsOptional()
  @IsString()
  name?: string;

  @IsOptional()
  @Matches(/^[A-Z]{3}$/)
  currency?: string;

  @IsOptional()
  @IsString()
  timeZone?: string;
}

export class RegisterCommunityCommand extends PortfolioCommand<RegisterCommunityInput> {}

@CommandHandler(RegisterCommunityCommand)
export class RegisterCommunityHandler implements ICommandHandler<RegisterCommunityCommand> {
  constructor(private readonly runner: CommandRunner) {}

  execute({ caller, input }: RegisterCommunityCommand) {
    const communityId = parseCommunityId(caller.communityId);
    const context = decisionContext(caller, input, input.timeZone);
    return this.runner.execute(communityDecider, communityId, commandContext(caller, input), (state) =>
      registerCommunity(state, { ...input, communityId }, context),
    );
  }
}
