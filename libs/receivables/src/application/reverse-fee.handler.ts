import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { IsString } from 'class-validator';
import { reverseFee } from '../domain/reversal.decisions.js';
import { AccountCommand, AccountCommands, DatedAccountInput } from './account-command.js';

export class ReverseFeeInput extends DatedAccountInput {
  @IsString()
  itemId!: string;

  @IsString()
  reason!: string;
}

export class ReverseFeeCommand extends AccountCommand<ReverseFeeInput> {}

@CommandHandler(ReverseFeeCommand)
export class ReverseFeeHandler implements ICommandHandler<ReverseFeeCommand> {
  constructor(private readonly accounts: AccountCommands) {}

  execute(command: ReverseFeeCommand) {
    return this.accounts.execute(command, (state, context) => reverseFee(state, command.input, context));
  }
}
