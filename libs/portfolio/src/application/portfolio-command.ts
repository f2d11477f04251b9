import { Command } from '@nestjs/cqrs';
import { IsOptional, IsString, Matches } from 'class-validator';
import type { CommandContext, CommandResult } from '#libs/event-store';
import { localDateOf, parseCommunityId, parseLocalDate, plainJson, type Instant, type LocalDate } from '#libs/kernel';
import { DEFAULT_TIME_ZONE } from '../domain/community.js';
import type { DecisionContext } from '../domain/decision-context.js';

/** Who commands, under which command id, and when the command came in. */
export interface Caller extends Omit<CommandContext, 'input'> {
  readonly receivedAt: Instant;
}

/** What every command of this context may carry. */
export class PortfolioInput {
  /** The day that the fact counts for; by default the local day on which the command came in. */
  @IsOptional()
  @Matches(/^\d{4}-\d{2}-\d{2}$/)
  effectiveOn?: LocalDate;
}

export class UnitInput extends PortfolioInput {
  @IsString()
  unitId!: string;
}

export class PartyInput extends PortfolioInput {
  @IsString()
  partyId!: string;
}

/** A command about one community, unit or party, answered with where its events were stored. */
export abstract class PortfolioCommand<Input extends PortfolioInput> extends Command<CommandResult> {
  constructor(
    readonly caller: Caller,
    readonly input: Input,
  ) {
    super();
  }
}

/** @throws DomainError DATE_INVALID, TIME_ZONE_INVALID */
export function decisionContext(
  { actor, receivedAt }: Caller,
  { effectiveOn }: PortfolioInput,
  timeZone: string = DEFAULT_TIME_ZONE,
): DecisionContext {
  const day = effectiveOn === undefined ? localDateOf(receivedAt, timeZone) : parseLocalDate(effectiveOn);
  return { actor, effectiveOn: day, occurredAt: receivedAt };
}

/** The command as it is hashed: class instances and absent fields are no JSON. */
export function commandContext(caller: Caller, input: object): CommandContext {
  return {
    ...caller,
    communityId: parseCommunityId(caller.communityId),
    input: plainJson(input),
  };
}
