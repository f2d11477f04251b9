import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { IsOptional, IsString, Matches } from 'class-validator';
import type { LocalDate } from '#libs/kernel';
import { assessLateFee } from '../domain/late-fee.decisions.js';
import { AccountCommand, AccountCommands, DatedAccountInput } from './account-command.js';

/** `effectiveOn` is the last day that is charged. */
export class AssessLateFeeInput extends DatedAccountInput {
  @IsString()
  forItemId!: string;

  @IsOptional()
  @IsString()
  reference?: string;

  /** By default the day of the charge. */
  @IsOptional()
  @Matches(/^\d{4}-\d{2}-\d{2}$/)
  dueOn?: LocalDate;
}

export class AssessLateFeeCommand extends AccountCommand<AssessLateFeeInput> {}

@CommandHandler(AssessLateFeeCommand)
export class AssessLateFeeHandler implements ICommandHandler<AssessLateFeeCommand> {
  constructor(private readonly accounts: AccountCommands) {}

  execute(command: AssessLateFeeCommand) {
    const { forItemId, reference = '', dueOn } = command.input;
    const charge = { forItemId, reference, ...(dueOn === undefined ? {} : { dueOn }) };
    return this.accounts.execute(command, (state, context) => assessLateFee(state, charge, context));
  }
}
