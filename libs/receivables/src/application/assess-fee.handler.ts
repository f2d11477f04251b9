import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Type } from 'class-transformer';
import { IsInt, IsOptional, IsString, Matches, Min, ValidateNested } from 'class-validator';
import { moneyFromJson, type LocalDate } from '#libs/kernel';
import { assessFee } from '../domain/account.decisions.js';
import { AccountCommand, AccountCommands, DatedAccountInput, MoneyInput } from './account-command.js';

export class LateFeeRuleInput {
  @IsOptional()
  @IsInt()
  @Min(0)
  ppmPerDay?: number;

  @IsOptional()
  @IsInt()
  @Min(0)
  graceDays?: number;

  @IsOptional()
  @IsInt()
  @Min(0)
  capPpm?: number;
}

export class FeeTariffInput {
  @IsString()
  tariffId!: string;

  @IsInt()
  @Min(0)
  version!: number;

  @IsOptional()
  @ValidateNested()
  @Type(() => LateFeeRuleInput)
  lateFee?: LateFeeRuleInput;
}

export class PeriodInput {
  @Matches(/^\d{4}-\d{2}-\d{2}$/)
  from!: LocalDate;

  @Matches(/^\d{4}-\d{2}-\d{2}$/)
  to!: LocalDate;
}

export class AssessFeeInput extends DatedAccountInput {
  @IsString()
  item!: string;

  @ValidateNested()
  @Type(() => MoneyInput)
  amount!: MoneyInput;

  @Matches(/^\d{4}-\d{2}-\d{2}$/)
  dueOn!: LocalDate;

  @IsOptional()
  @IsString()
  reference?: string;

  /** Without a tariff the fee bears no late fee and gets no reminder. */
  @IsOptional()
  @ValidateNested()
  @Type(() => FeeTariffInput)
  tariff?: FeeTariffInput;

  @IsOptional()
  @ValidateNested()
  @Type(() => PeriodInput)
  period?: PeriodInput;
}

export class AssessFeeCommand extends AccountCommand<AssessFeeInput> {}

@CommandHandler(AssessFeeCommand)
export class AssessFeeHandler implements ICommandHandler<AssessFeeCommand> {
  constructor(private readonly accounts: AccountCommands) {}

  execute(command: AssessFeeCommand) {
    const { item, amount, dueOn, reference = '', tariff = null, period = null } = command.input;
    const fee = { item, amount: moneyFromJson(amount), dueOn, reference, tariff, period };
    return this.accounts.execute(command, (state, context) => assessFee(state, fee, context));
  }
}
