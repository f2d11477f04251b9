import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { IsString } from 'class-validator';
import { liftHold } from '../domain/hold.decisions.js';
import { AccountCommand, AccountCommands, DatedAccountInput } from './account-command.js';

export class LiftHoldInput extends DatedAccountInput {
  @IsString()
  holdId!: string;

  @IsString()
  reason!: string;
}

export class LiftHoldCommand extends AccountCommand<LiftHoldInput> {}

@CommandHandler(LiftHoldCommand)
export class LiftHoldHandler implements ICommandHandler<LiftHoldCommand> {
  constructor(private readonly accounts: AccountCommands) {}

  execute(command: LiftHoldCommand) {
    return this.accounts.execute(command, (state, context) => liftHold(state, command.input, context));
  }
}
