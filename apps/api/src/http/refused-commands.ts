import { Injectable } from '@nestjs/common';
import { DomainError } from '#libs/kernel';
import { RefusedAttempts } from '../security/refused-attempts.js';
import type { HttpRequest } from './http-types.js';
import { IdempotencyClaims } from './idempotency.js';

/** Refusals that say something about whoever asks. */
const SUSPICIOUS = new Set(['DUTIES_SEPARATED', 'APPROVER_IS_PROPOSER', 'VERIFIER_IS_HANDLER']);

/** What a refused command leaves behind: nothing, or the note that it was attempted. */
@Injectable()
export class RefusedCommands {
  constructor(
    private readonly claims: IdempotencyClaims,
    private readonly refused: RefusedAttempts,
  ) {}

  /** undefined: there is nothing to do about it. */
  settle(request: HttpRequest, error: unknown): Promise<void> | undefined {
    // Only a refusal is known to have stored nothing.
    if (!(error instanceof DomainError) || request.facts?.operation.kind !== 'command') return undefined;
    if (request.claimed === undefined && !SUSPICIOUS.has(error.code)) return undefined;
    return this.#settle(request, error.code);
  }

  async #settle({ facts, claimed, id }: HttpRequest, code: string): Promise<void> {
    const { communityId, timeZone, caller, operation } = facts!;
    if (claimed !== undefined) await this.claims.release(caller.commandId, claimed);
    if (!SUSPICIOUS.has(code)) return;
    const { actor } = caller;
    const attempt = { communityId, timeZone, operation: operation.operation, code, actor, correlationId: id };
    await this.refused.record(attempt);
  }
}
