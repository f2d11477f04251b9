import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { IsString, Matches } from 'class-validator';
import { openAccount } from '../domain/account.decisions.js';
import { AccountCommand, AccountCommands, DatedAccountInput } from './account-command.js';

export class OpenAccountInput extends DatedAccountInput {
  @Matches(/^[A-Z]{3}$/)
  currency!: string;

  @IsString()
  timeZone!: string;
}

export class OpenAccountCommand extends AccountCommand<OpenAccountInput> {}

@CommandHandler(OpenAccountCommand)
export class OpenAccountHandler implements ICommandHandler<OpenAccountCommand> {
  constructor(private readonly accounts: AccountCommands) {}

  execute(command: OpenAccountCommand) {
    const { input } = command;
    return this.accounts.execute(command, (state, context) => openAccount(state, input, context), input.timeZone);
  }
}
