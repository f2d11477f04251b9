import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { IsString } from 'class-validator';
import { sendReminder } from '../domain/collection.decisions.js';
import { CollectionCommand, CollectionCommands, CollectionInput } from './collection-command.js';

export class SendReminderInput extends CollectionInput {
  /** A rung of the ladder: its day from the due date, as in `+7`. */
  @IsString()
  rung!: string;

  @IsString()
  channel!: string;
}

export class SendReminderCommand extends CollectionCommand<SendReminderInput> {}

@CommandHandler(SendReminderCommand)
export class SendReminderHandler implements ICommandHandler<SendReminderCommand> {
  constructor(private readonly collections: CollectionCommands) {}

  execute(command: SendReminderCommand) {
    return this.collections.execute(command, (state, context) => sendReminder(state, command.input, context));
  }
}
