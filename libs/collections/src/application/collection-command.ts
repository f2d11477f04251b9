import { Injectable } from '@nestjs/common';
import { Command } from '@nestjs/cqrs';
import { ArrayNotEmpty, IsArray, IsString, Matches } from 'class-validator';
import { CommandRunner, type CommandContext, type CommandResult } from '#libs/event-store';
import { parseCommunityId, parseId, parseLocalDate, plainJson, type Instant, type LocalDate } from '#libs/kernel';
import type { DecisionContext } from '../domain/collection.decisions.js';
import type { CollectionEvent } from '../domain/collection.events.js';
import { collectionDecider, type CollectionState } from '../domain/collection.state.js';

/** Who commands, under which command id, and when the command came in. */
export interface Caller extends Omit<CommandContext, 'input'> {
  readonly receivedAt: Instant;
}

/** What every command of this context carries: the day is said, since rungs are days. */
export class CollectionInput {
  @IsString()
  accountId!: string;

  @Matches(/^\d{4}-\d{2}-\d{2}$/)
  effectiveOn!: LocalDate;

  @IsString()
  reference!: string;

  @IsArray()
  @ArrayNotEmpty()
  @IsString({ each: true })
  itemIds!: string[];
}

/** A command about one account, answered with where its events were stored. */
export abstract class CollectionCommand<Input extends CollectionInput> extends Command<CommandResult> {
  constructor(
    readonly caller: Caller,
    readonly input: Input,
  ) {
    super();
  }
}

/** Load, decide, append for account streams, as this context folds them. */
@Injectable()
export class CollectionCommands {
  constructor(private readonly runner: CommandRunner) {}

  /** @throws DomainError the decision's refusal, COMMAND_ID_REUSED, ID_INVALID, DATE_INVALID */
  execute<Input extends CollectionInput>(
    { caller, input }: CollectionCommand<Input>,
    decide: (state: CollectionState, context: DecisionContext) => readonly CollectionEvent[],
  ): Promise<CommandResult> {
    const { actor, receivedAt: occurredAt } = caller;
    const context = { actor, effectiveOn: parseLocalDate(input.effectiveOn), occurredAt };
    const command = { ...caller, communityId: parseCommunityId(caller.communityId), input: plainJson(input) };
    return this.runner.execute(collectionDecider, parseId(input.accountId), command, (state) => decide(state, context));
  }
}
