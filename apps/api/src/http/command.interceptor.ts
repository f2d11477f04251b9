import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { firstValueFrom, from, type Observable } from 'rxjs';
import type { CommandResult } from '#libs/event-store';
import { DomainError } from '#libs/kernel';
import { RefusedAttempts } from '../security/refused-attempts.js';
import { headerOf, type HttpReply, type HttpRequest } from './http-types.js';
import { IdempotencyClaims, targetOf } from './idempotency.js';
import { OPERATION, type CommandOperation } from './operation-types.js';

/** Refusals that say something about whoever asks. */
const SUSPICIOUS = new Set(['DUTIES_SEPARATED', 'APPROVER_IS_PROPOSER', 'VERIFIER_IS_HANDLER']);

/** Fields of recorded facts that a client needs in order to name what it has made. */
const NAMES = ['itemId', 'paymentId', 'receiptNumber', 'holdId', 'disputeId', 'occupancyId', 'caseId'];

/** Runs a command under its idempotency key, and answers with where its events are: `X-Position`, `ETag`, `Idempotency-Replayed`. */
@Injectable()
export class CommandInterceptor implements NestInterceptor {
  constructor(
    private readonly claims: IdempotencyClaims,
    private readonly refused: RefusedAttempts,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler<CommandResult>): Observable<unknown> {
    const http = context.switchToHttp();
    const operation = Reflect.getMetadata(OPERATION, context.getHandler()) as CommandOperation;
    return from(this.#run(operation, http.getRequest<HttpRequest>(), http.getResponse<HttpReply>(), next));
  }

  async #run(operation: CommandOperation, request: HttpRequest, reply: HttpReply, next: CallHandler<CommandResult>) {
    const { commandId } = request.facts!.caller;
    const keyed = headerOf(request, 'idempotency-key') !== undefined;
    const target = keyed ? targetOf(operation, request) : '';
    const claimed = keyed && (await this.claims.claim(commandId, target));
    try {
      const result = await firstValueFrom(next.handle());
      reply.header('X-Position', result.position.toString());
      if (result.revision >= 0n) reply.header('ETag', `"${result.revision}"`);
      if (result.repeated) reply.header('Idempotency-Replayed', 'true');
      return answerOf(result);
    } catch (error) {
      // Only a refusal is known to have stored nothing.
      if (error instanceof DomainError && claimed) await this.claims.release(commandId, target);
      if (error instanceof DomainError && SUSPICIOUS.has(error.code))
        await this.#record(operation, request, error.code);
      throw error;
    }
  }

  #record({ operation }: CommandOperation, { facts, id }: HttpRequest, code: string): Promise<void> {
    const { communityId, timeZone, caller } = facts!;
    return this.refused.record({ communityId, timeZone, operation, code, actor: caller.actor, correlationId: id });
  }
}

function answerOf({ stream, revision, position, events, recorded }: CommandResult): object {
  const named: Record<string, string> = {};
  for (const [index, { type }] of events.entries()) {
    const data = recorded[index] as Record<string, unknown>;
    // A credit that is applied to a new fee names a payment of old.
    for (const name of type === 'CreditApplied' ? [] : NAMES) {
      if (typeof data[name] === 'string') named[name] ??= data[name];
    }
  }
  return {
    stream,
    revision: revision.toString(),
    position: position.toString(),
    events: events.map(({ type, revision: own }) => ({ type, revision: own.toString() })),
    ids: named,
  };
}
