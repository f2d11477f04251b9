import { Injectable } from '@nestjs/common';
import { CommandRunner, Vault, type CommandContext, type CommandResult } from '#libs/event-store';
import { parseCommunityId, type Instant, type Json } from '#libs/kernel';
import type { CaseKind } from '../domain/case-kind.js';
import type { CaseEvent, Envelope } from '../domain/case.events.js';
import { caseDecider, type CaseState } from '../domain/case.state.js';
import { checkText, vaultSubjectOf } from './case-text.js';

/** Who commands, under which command id, and when the command came in. */
export interface Caller extends Omit<CommandContext, 'input'> {
  readonly receivedAt: Instant;
}

/** A text as it goes into events, and as it goes into the command's input. */
export interface SealedText {
  readonly envelope: Envelope | null;
  readonly fingerprint: string | null;
}

/** Load, decide, append for the streams of cases, and sealing what was written. */
@Injectable()
export class CaseCommands {
  constructor(
    private readonly runner: CommandRunner,
    private readonly vault: Vault,
  ) {}

  /** @throws DomainError the decision's refusal, COMMAND_ID_REUSED */
  execute(
    { receivedAt: _, ...caller }: Caller,
    { kind, caseId }: { kind: CaseKind; caseId: string },
    input: Json,
    decide: (state: CaseState) => readonly CaseEvent[],
  ): Promise<CommandResult> {
    const context = { ...caller, communityId: parseCommunityId(caller.communityId), input };
    return this.runner.execute(caseDecider(kind), caseId, context, decide);
  }

  inspect<R>(communityId: string, kind: CaseKind, caseId: string, look: (state: CaseState) => R): Promise<R> {
    return this.runner.inspect(caseDecider(kind), parseCommunityId(communityId), caseId, look);
  }

  /** @throws DomainError TEXT_TOO_LARGE, TEXT_INVALID; SUBJECT_ERASED when the key of the case was destroyed */
  async seal(communityId: string, kind: CaseKind, caseId: string, text: string | undefined): Promise<SealedText> {
    if (text === undefined || text === '') return { envelope: null, fingerprint: null };
    checkText(text);
    const subject = vaultSubjectOf(communityId, kind, caseId);
    const fingerprint = await this.vault.fingerprint(subject, text);
    return { envelope: await this.vault.seal(subject, text), fingerprint };
  }
}
