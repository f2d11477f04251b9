import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { IsArray, IsOptional, IsString } from 'class-validator';
import { openDispute } from '../domain/hold.decisions.js';
import { AccountCommand, AccountCommands, DatedAccountInput } from './account-command.js';

export class OpenDisputeInput extends DatedAccountInput {
  @IsString()
  reference!: string;

  /** By default everything that is open. */
  @IsOptional()
  @IsArray()
  @IsString({ each: true })
  itemIds?: string[];
}

export class OpenDisputeCommand extends AccountCommand<OpenDisputeInput> {}

@CommandHandler(OpenDisputeCommand)
export class OpenDisputeHandler implements ICommandHandler<OpenDisputeCommand> {
  constructor(private readonly accounts: AccountCommands) {}

  execute(command: OpenDisputeCommand) {
    const { reference, itemIds } = command.input;
    const dispute = { reference, ...(itemIds === undefined ? {} : { itemIds }) };
    return this.accounts.execute(command, (state, context) => openDispute(state, dispute, context));
  }
}
