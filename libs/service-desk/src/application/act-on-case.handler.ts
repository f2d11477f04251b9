import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { IsIn, IsOptional, IsString, MaxLength } from 'class-validator';
import type { CommandResult } from '#libs/event-store';
import { parseCommunityId, parseId, parseInstant, parseReference, plainJson } from '#libs/kernel';
import { refused } from '../domain/case.errors.js';
import { CASE_KINDS, type CaseKind } from '../domain/case-kind.js';
import { RUNGS, type CaseEvent, type Rung } from '../domain/case.events.js';
import * as decisions from '../domain/case.decisions.js';
import type { CaseState } from '../domain/case.state.js';
import type { DeadlineRules } from '../domain/service-policy.js';
import { CaseCommands, type Caller } from './case-commands.js';
import { deadlineRulesOf } from './surroundings.js';
import { checkText, MAX_TEXT_BYTES } from './case-text.js';
import { SEVERITIES } from './open-case.handler.js';

/** What can be done on a case; each is a decision of the domain. */
export const CASE_COMMANDS = [
  'acknowledge',
  'accept',
  'assign',
  'progress',
  'answer',
  'await-customer',
  'resume',
  'escalate',
  'resolve',
  'verify',
  'reopen',
  'close',
  'withdraw',
  'reject',
  'mark-duplicate',
] as const;
export type CaseCommandName = (typeof CASE_COMMANDS)[number];

export class ActOnCaseInput {
  @IsIn(CASE_COMMANDS)
  command!: CaseCommandName;

  @IsIn(CASE_KINDS)
  kind!: CaseKind;

  @IsString()
  caseId!: string;

  /** An instant with an offset; by default when the command came in. */
  @IsOptional()
  @IsString()
  at?: string;

  @IsOptional()
  @IsString()
  @MaxLength(MAX_TEXT_BYTES)
  text?: string;

  /** Of accept and assign. */
  @IsOptional()
  @IsString()
  handler?: string;

  /** Of assign. */
  @IsOptional()
  @IsString()
  team?: string;

  /** Of assign. */
  @IsOptional()
  @IsIn(SEVERITIES)
  severity?: (typeof SEVERITIES)[number];

  /** Of escalate, for a dispute. */
  @IsOptional()
  @IsIn(RUNGS)
  rung?: Rung;

  /** Of mark-duplicate. */
  @IsOptional()
  @IsString()
  ofCaseId?: string;
}

export class ActOnCaseCommand extends Command<CommandResult> {
  constructor(
    readonly caller: Caller,
    readonly input: ActOnCaseInput,
  ) {
    super();
  }
}

type Parsed = decisions.WithText &
  Pick<ActOnCaseInput, 'command' | 'team' | 'severity' | 'ofCaseId'> & {
    readonly handler: string | null;
    readonly rung: Rung | null;
  };

@CommandHandler(ActOnCaseCommand)
export class ActOnCaseHandler implements ICommandHandler<ActOnCaseCommand> {
  constructor(private readonly cases: CaseCommands) {}

  /** @throws DomainError CASE_NOT_FOUND, INSTANT_INVALID, TEXT_TOO_LARGE, and the refusals of the decision */
  async execute({ caller, input }: ActOnCaseCommand): Promise<CommandResult> {
    const communityId = parseCommunityId(caller.communityId);
    const { kind } = input;
    const caseId = parseId(input.caseId);
    const parsed = parse(input, caller);
    checkText(input.text ?? '');
    // No key is made for a case that is not there.
    const rules = await this.cases.inspect(communityId, kind, caseId, rulesOf);
    const { envelope, fingerprint } = await this.cases.seal(communityId, kind, caseId, input.text);
    const hashed = plainJson({ ...input, caseId, text: fingerprint });
    return this.cases.execute(caller, { kind, caseId }, hashed as never, (state) =>
      decide({ ...parsed, text: envelope }, state, rules),
    );
  }
}

function rulesOf(state: CaseState): DeadlineRules {
  if (state.status === 'NotOpened') throw refused('CASE_NOT_FOUND', 'There is no such case');
  return deadlineRulesOf(state.calendar, state.timeZone);
}

function parse(input: ActOnCaseInput, { actor, receivedAt }: Caller): Omit<Parsed, 'text'> {
  const { command, severity, rung = null } = input;
  return {
    command,
    at: input.at === undefined ? receivedAt : parseInstant(input.at),
    now: receivedAt,
    agent: actor.id,
    handler: input.handler === undefined ? null : parseReference(input.handler),
    ...(input.team !== undefined && { team: parseReference(input.team) }),
    ...(severity !== undefined && { severity }),
    ...(input.ofCaseId !== undefined && { ofCaseId: parseId(input.ofCaseId) }),
    rung,
  };
}

function decide(
  { command, team, severity, handler, rung, ofCaseId, ...done }: Parsed,
  state: CaseState,
  rules: DeadlineRules,
): readonly CaseEvent[] {
  switch (command) {
    case 'acknowledge':
      return decisions.acknowledgeCase(done, state, rules);
    case 'accept':
      return decisions.acceptCase({ ...done, handler }, state, rules);
    case 'assign': {
      const changes = { handler, ...(team !== undefined && { team }), ...(severity !== undefined && { severity }) };
      return decisions.assignCase({ ...done, ...changes }, state, rules);
    }
    case 'progress':
      return decisions.reportProgress(done, state, rules);
    case 'answer':
      return decisions.answerCase(done, state, rules);
    case 'await-customer':
      return decisions.awaitCustomer(done, state, rules);
    case 'resume':
      return decisions.resumeClock(done, state, rules);
    case 'escalate':
      return decisions.escalateCase({ ...done, rung }, state, rules);
    case 'resolve':
      return decisions.resolveCase(done, state, rules);
    case 'verify':
      return decisions.verifyCase(done, state, rules);
    case 'reopen':
      return decisions.reopenCase(done, state, rules);
    case 'close':
      return decisions.closeCase(done, state, rules);
    case 'withdraw':
      return decisions.withdrawCase(done, state, rules);
    case 'reject':
      return decisions.rejectCase(done, state, rules);
    case 'mark-duplicate':
      return decisions.markDuplicate({ ...done, ofCaseId: parseId(ofCaseId ?? '') }, state, rules);
  }
}
