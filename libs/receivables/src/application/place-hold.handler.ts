import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { IsArray, IsOptional, IsString } from 'class-validator';
import { placeHold } from '../domain/hold.decisions.js';
import { AccountCommand, AccountCommands, DatedAccountInput } from './account-command.js';

export class PlaceHoldInput extends DatedAccountInput {
  @IsString()
  reason!: string;

  @IsOptional()
  @IsString()
  disputeId?: string;

  /** By default everything that is open. */
  @IsOptional()
  @IsArray()
  @IsString({ each: true })
  itemIds?: string[];
}

export class PlaceHoldCommand extends AccountCommand<PlaceHoldInput> {}

@CommandHandler(PlaceHoldCommand)
export class PlaceHoldHandler implements ICommandHandler<PlaceHoldCommand> {
  constructor(private readonly accounts: AccountCommands) {}

  execute(command: PlaceHoldCommand) {
    const { reason, disputeId = null, itemIds } = command.input;
    const hold = { reason, disputeId, ...(itemIds === undefined ? {} : { itemIds }) };
    return this.accounts.execute(command, (state, context) => placeHold(state, hold, context));
  }
}
