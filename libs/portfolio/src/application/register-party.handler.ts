import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { IsIn } from 'class-validator';
import { CommandRunner } from '#libs/event-store';
import { parseId } from '#libs/kernel';
import { partyDecider, registerParty, type PartyKind } from '../domain/party.js';
import { KnownPortfolio } from './known-portfolio.js';
import { DetailedPartyInput, PersonalDetails } from './personal-details.js';
import { commandContext, decisionContext, PortfolioCommand } from './portfolio-command.js';

export class RegisterPartyInput extends DetailedPartyInput {
  @IsIn(['person', 'organization'])
  kind!: PartyKind;
}

export class RegisterPartyCommand extends PortfolioCommand<RegisterPartyInput> {}

@CommandHandler(RegisterPartyCommand)
export class RegisterPartyHandler implements ICommandHandler<RegisterPartyCommand> {
  constructor(
    private readonly runner: CommandRunner,
    private readonly known: KnownPortfolio,
    private readonly personal: PersonalDetails,
  ) {}

  async execute({ caller, input }: RegisterPartyCommand) {
    const { timeZone } = await this.known.community(caller.communityId);
    const { envelope, fingerprint } = await this.personal.seal(caller, input);
    const compared = commandContext(caller, { ...input, details: fingerprint });
    const context = decisionContext(caller, input, timeZone);
    const { partyId, kind } = input;
    return this.runner.execute(partyDecider, parseId(partyId), compared, (state) =>
      registerParty(state, { partyId, kind, details: envelope }, context),
    );
  }
}
