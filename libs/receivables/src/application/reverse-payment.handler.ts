import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { IsString } from 'class-validator';
import { reversePayment } from '../domain/reversal.decisions.js';
import { AccountCommand, AccountCommands, DatedAccountInput } from './account-command.js';

export class ReversePaymentInput extends DatedAccountInput {
  @IsString()
  paymentId!: string;

  @IsString()
  reason!: string;
}

export class ReversePaymentCommand extends AccountCommand<ReversePaymentInput> {}

@CommandHandler(ReversePaymentCommand)
export class ReversePaymentHandler implements ICommandHandler<ReversePaymentCommand> {
  constructor(private readonly accounts: AccountCommands) {}

  execute(command: ReversePaymentCommand) {
    return this.accounts.execute(command, (state, context) => reversePayment(state, command.input, context));
  }
}
