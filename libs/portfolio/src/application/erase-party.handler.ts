import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { CommandRunner } from '#libs/event-store';
import { parseId } from '#libs/kernel';
import { eraseParty, partyDecider } from '../domain/party.js';
import { KnownPortfolio } from './known-portfolio.js';
import { PersonalDetails } from './personal-details.js';
import { commandContext, decisionContext, PartyInput, PortfolioCommand } from './portfolio-command.js';

export class ErasePartyInput extends PartyInput {}

export class ErasePartyCommand extends PortfolioCommand<ErasePartyInput> {}

@CommandHandler(ErasePartyCommand)
export class ErasePartyHandler implements ICommandHandler<ErasePartyCommand> {
  constructor(
    private readonly runner: CommandRunner,
    private readonly known: KnownPortfolio,
    private readonly personal: PersonalDetails,
  ) {}

  async execute({ caller, input }: ErasePartyCommand) {
    const { timeZone } = await this.known.community(caller.communityId);
    const context = decisionContext(caller, input, timeZone);
    const result = await this.runner.execute(
      partyDecider,
      parseId(input.partyId),
      commandContext(caller, input),
      (state) => eraseParty(state, context),
    );
    // After the fact is stored: should this fail, the same command again destroys the key.
    await this.personal.destroy(caller, input.partyId);
    return result;
  }
}
