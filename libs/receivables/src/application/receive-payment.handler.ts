import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Type } from 'class-transformer';
import { IsArray, IsOptional, IsString, Matches, ValidateNested } from 'class-validator';
import { Numbering, type CommandResult } from '#libs/event-store';
import { moneyFromJson, parseCommunityId, parseLocalDate, type LocalDate } from '#libs/kernel';
import { receivePayment } from '../domain/account.decisions.js';
import { AccountCommand, AccountCommands, AccountInput, type Caller, MoneyInput } from './account-command.js';

export class ReceivePaymentInput extends AccountInput {
  /** The day on which the money came in; its year is the receipt's series. */
  @Matches(/^\d{4}-\d{2}-\d{2}$/)
  effectiveOn!: LocalDate;

  @ValidateNested()
  @Type(() => MoneyInput)
  amount!: MoneyInput;

  @IsString()
  method!: string;

  @IsOptional()
  @IsString()
  reference?: string;

  @IsOptional()
  @IsArray()
  @IsString({ each: true })
  designatedItemIds?: string[];
}

export class ReceivePaymentCommand extends AccountCommand<ReceivePaymentInput> {}

@CommandHandler(ReceivePaymentCommand)
export class ReceivePaymentHandler implements ICommandHandler<ReceivePaymentCommand> {
  constructor(
    private readonly accounts: AccountCommands,
    private readonly numbering: Numbering,
  ) {}

  execute(command: ReceivePaymentCommand): Promise<CommandResult> {
    const { caller, input } = command;
    const { amount, method, reference = '', designatedItemIds = [], effectiveOn } = input;
    const payment = { amount: moneyFromJson(amount), method, reference, designatedItemIds };
    const year = parseLocalDate(effectiveOn).slice(0, 4);
    const context = { ...numberedFor(caller), effectiveOn, occurredAt: caller.receivedAt };
    return this.numbering.withNumber(`receipt/${year}`, context, (number) => {
      const receiptNumber = `${year}-${String(number).padStart(6, '0')}`;
      return this.accounts.execute(command, (state, decision) =>
        receivePayment(state, { ...payment, receiptNumber }, decision),
      );
    });
  }
}

function numberedFor({ receivedAt: _, ...caller }: Caller) {
  return { ...caller, communityId: parseCommunityId(caller.communityId) };
}
