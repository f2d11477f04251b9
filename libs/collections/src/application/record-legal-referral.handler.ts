import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { IsNotEmpty, IsString } from 'class-validator';
import { recordLegalReferral } from '../domain/collection.decisions.js';
import { CollectionCommand, CollectionCommands, CollectionInput } from './collection-command.js';

/** Whoever gives the command approves what `proposedBy` proposed (D12). */
export class RecordLegalReferralInput extends CollectionInput {
  @IsString()
  @IsNotEmpty()
  proposedBy!: string;
}

export class RecordLegalReferralCommand extends CollectionCommand<RecordLegalReferralInput> {}

@CommandHandler(RecordLegalReferralCommand)
export class RecordLegalReferralHandler implements ICommandHandler<RecordLegalReferralCommand> {
  constructor(private readonly collections: CollectionCommands) {}

  execute(command: RecordLegalReferralCommand) {
    return this.collections.execute(command, (state, context) => recordLegalReferral(state, command.input, context));
  }
}
