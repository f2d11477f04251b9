import { Injectable } from '@nestjs/common';
import { Command } from '@nestjs/cqrs';
import { IsOptional, IsString, Matches } from 'class-validator';
import { CommandRunner, type CommandContext, type CommandResult } from '#libs/event-store';
import {
  localDateOf,
  parseCommunityId,
  parseId,
  parseLocalDate,
  plainJson,
  type Instant,
  type LocalDate,
} from '#libs/kernel';
import type { AccountEvent } from '../domain/account.events.js';
import { accountDecider } from '../domain/account.evolve.js';
import type { AccountState } from '../domain/account.state.js';
import type { DecisionContext } from '../domain/decision-support.js';

/** Who commands, under which command id, and when the command came in. */
export interface Caller extends Omit<CommandContext, 'input'> {
  readonly receivedAt: Instant;
}

/** An amount as it comes in: minor units as a decimal string (D1). */
export class MoneyInput {
  @Matches(/^[A-Z]{3}$/)
  currency!: string;

  @Matches(/^(?:0|[1-9][0-9]{0,18})$/)
  minor!: string;
}

/** What every command about an account carries. */
export class AccountInput {
  @IsString()
  accountId!: string;
}

export class DatedAccountInput extends AccountInput {
  /** The day that the fact counts for; by default the local day on which the command came in. */
  @IsOptional()
  @Matches(/^\d{4}-\d{2}-\d{2}$/)
  effectiveOn?: LocalDate;
}

/** A command about one account, answered with where its events were stored. */
export abstract class AccountCommand<
  Input extends AccountInput & { effectiveOn?: LocalDate },
> extends Command<CommandResult> {
  constructor(
    readonly caller: Caller,
    readonly input: Input,
  ) {
    super();
  }
}

/** Load, decide, append for account streams. */
@Injectable()
export class AccountCommands {
  constructor(private readonly runner: CommandRunner) {}

  /** @throws DomainError the decision's refusal, COMMAND_ID_REUSED, ID_INVALID, DATE_INVALID */
  execute(
    { caller, input }: AccountCommand<AccountInput & { effectiveOn?: LocalDate }>,
    decide: (state: AccountState, context: DecisionContext) => readonly AccountEvent[],
    timeZone?: string,
  ): Promise<CommandResult> {
    const context = { ...caller, communityId: parseCommunityId(caller.communityId), input: plainJson(input) };
    return this.runner.execute(accountDecider, parseId(input.accountId), context, (state) =>
      decide(state, decisionContext(caller, input.effectiveOn, timeZone ?? timeZoneOf(state))),
    );
  }
}

function decisionContext(
  { actor, receivedAt }: Caller,
  effectiveOn: LocalDate | undefined,
  timeZone: string,
): DecisionContext {
  const day = effectiveOn === undefined ? localDateOf(receivedAt, timeZone) : parseLocalDate(effectiveOn);
  return { actor, effectiveOn: day, occurredAt: receivedAt };
}

/** An account that is not open refuses whatever comes; the day does not matter then. */
function timeZoneOf(state: AccountState): string {
  return state.status === 'Open' ? state.timeZone : 'UTC';
}
