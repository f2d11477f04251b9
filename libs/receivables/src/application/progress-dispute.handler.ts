import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { IsString } from 'class-validator';
import { progressDispute } from '../domain/hold.decisions.js';
import { AccountCommand, AccountCommands, DatedAccountInput } from './account-command.js';

export class ProgressDisputeInput extends DatedAccountInput {
  @IsString()
  disputeId!: string;

  @IsString()
  reference!: string;
}

export class ProgressDisputeCommand extends AccountCommand<ProgressDisputeInput> {}

@CommandHandler(ProgressDisputeCommand)
export class ProgressDisputeHandler implements ICommandHandler<ProgressDisputeCommand> {
  constructor(private readonly accounts: AccountCommands) {}

  execute(command: ProgressDisputeCommand) {
    return this.accounts.execute(command, (state, context) => progressDispute(state, command.input, context));
  }
}
