import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { CommandRunner } from '#libs/event-store';
import { parseId } from '#libs/kernel';
import { changePartyDetails, partyDecider } from '../domain/party.js';
import { KnownPortfolio } from './known-portfolio.js';
import { DetailedPartyInput, PersonalDetails } from './personal-details.js';
import { commandContext, decisionContext, PortfolioCommand } from './portfolio-command.js';

export class ChangePartyDetailsInput extends DetailedPartyInput {}

export class ChangePartyDetailsCommand extends PortfolioCommand<ChangePartyDetailsInput> {}

@CommandHandler(ChangePartyDetailsCommand)
export class ChangePartyDetailsHandler implements ICommandHandler<ChangePartyDetailsCommand> {
  constructor(
    private readonly runner: CommandRunner,
    private readonly known: KnownPortfolio,
    private readonly personal: PersonalDetails,
  ) {}

  async execute({ caller, input }: ChangePartyDetailsCommand) {
    const { timeZone } = await this.known.community(caller.communityId);
    const { envelope, fingerprint } = await this.personal.seal(caller, input);
    const compared = commandContext(caller, { ...input, details: fingerprint });
    const context = decisionContext(caller, input, timeZone);
    return this.runner.execute(partyDecider, parseId(input.partyId), compared, (state) =>
      changePartyDetails(state, { details: envelope }, context),
    );
  }
}
