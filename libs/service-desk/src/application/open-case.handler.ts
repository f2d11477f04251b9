import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { IsIn, IsOptional, IsString, MaxLength } from 'class-validator';
import { Numbering, type CommandResult } from '#libs/event-store';
import { localDateOf, parseCommunityId, parseId, parseInstant, parseReference } from '#libs/kernel';
import { CASE_KINDS, type CaseKind } from '../domain/case-kind.js';
import { CHANNELS, type Channel } from '../domain/case.events.js';
import { openCase } from '../domain/opening.decisions.js';
import { CaseCommands, type Caller } from './case-commands.js';
import { surroundingsOf } from './surroundings.js';
import { checkText, MAX_TEXT_BYTES } from './case-text.js';

export const SEVERITIES = ['minor', 'normal', 'major'] as const;

export class OpenCaseInput {
  @IsIn(CASE_KINDS)
  kind!: CaseKind;

  /** How the customer came (R4.1). */
  @IsIn(CHANNELS)
  channel!: Channel;

  @IsIn(SEVERITIES)
  severity!: (typeof SEVERITIES)[number];

  /** An instant with an offset; by default when the command came in. */
  @IsOptional()
  @IsString()
  openedAt?: string;

  @IsOptional()
  @IsString()
  team?: string;

  /** The named handler, which a major case needs by its acceptance (R3.3). */
  @IsOptional()
  @IsString()
  handler?: string;

  @IsOptional()
  @IsString()
  unitId?: string;

  /** Who it is, sealed. */
  @IsOptional()
  @IsString()
  @MaxLength(MAX_TEXT_BYTES)
  customer?: string;

  /** What the customer said or wrote, sealed. */
  @IsOptional()
  @IsString()
  @MaxLength(MAX_TEXT_BYTES)
  text?: string;
}

/** Settings of the community, looked up by whoever sends the command. */
export interface CaseCaller extends Caller {
  readonly timeZone: string;
  /** Id of the work calendar; `CN` by default. */
  readonly calendar?: string;
}

export interface OpenedCaseResult extends CommandResult {
  readonly caseId: string;
}

/** Opens a case under the next number of its year: `2026/000123`, in words 2026-000123 (D17). */
export class OpenCaseCommand extends Command<OpenedCaseResult> {
  constructor(
    readonly caller: CaseCaller,
    readonly input: OpenCaseInput,
  ) {
    super();
  }
}

@CommandHandler(OpenCaseCommand)
export class OpenCaseHandler implements ICommandHandler<OpenCaseCommand> {
  constructor(
    private readonly cases: CaseCommands,
    private readonly numbering: Numbering,
  ) {}

  /** @throws DomainError INSTANT_INVALID, ID_INVALID, TEXT_TOO_LARGE before a number is drawn; ACTIVITY_IN_FUTURE (its number is void) */
  async execute({ caller, input }: OpenCaseCommand): Promise<OpenedCaseResult> {
    const { timeZone, calendar, ...context } = caller;
    const communityId = parseCommunityId(caller.communityId);
    const facts = checked(input, caller.receivedAt);
    const effectiveOn = localDateOf(facts.openedAt, timeZone);
    const year = effectiveOn.slice(0, 4);
    const { receivedAt, ...numbered } = { ...context, communityId, effectiveOn, occurredAt: facts.openedAt };
    return this.numbering.withNumber(`case/${year}`, numbered, async (number) => {
      const caseId = `${year}/${String(number).padStart(6, '0')}`;
      const text = await this.cases.seal(communityId, facts.kind, caseId, input.text);
      const customer = await this.cases.seal(communityId, facts.kind, caseId, input.customer);
      const opening = { ...facts, caseId, now: receivedAt, agent: caller.actor.id, activity: null };
      const command = { ...opening, text: text.envelope, customer: customer.envelope };
      const hashed = {
        ...facts,
        openedAt: input.openedAt ?? null,
        text: text.fingerprint,
        customer: customer.fingerprint,
      };
      const result = await this.cases.execute(context, { kind: facts.kind, caseId }, hashed, (state) =>
        openCase(command, state, surroundingsOf(timeZone, calendar)),
      );
      return { ...result, caseId };
    });
  }
}

function checked(input: OpenCaseInput, receivedAt: string) {
  checkText(input.text ?? '');
  checkText(input.customer ?? '');
  return {
    kind: input.kind,
    channel: input.channel,
    severity: input.severity,
    openedAt: input.openedAt === undefined ? receivedAt : parseInstant(input.openedAt),
    team: input.team === undefined ? null : parseReference(input.team),
    handler: input.handler === undefined ? null : parseReference(input.handler),
    unitId: input.unitId === undefined ? null : parseId(input.unitId),
  };
}
