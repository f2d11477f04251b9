import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { canonicalJson, DomainError, sha256Hex } from '#libs/kernel';
import { API_OPTIONS, type ApiOptions } from '../api-options.js';
import type { HttpRequest } from './http-types.js';
import type { CommandOperation } from './operation-types.js';

interface Claim {
  readonly _id: string;
  /** Of the operation and of what it is about; no other part of the body, which may be personal. */
  readonly target: string;
  readonly at: Date;
}

const KEPT_SECONDS = 30 * 24 * 3600;
const TARGET_FIELDS = ['unitId', 'partyId', 'accountId', 'caseId', 'kind'];

/**
 * Which operation an idempotency key was first used for. Streams know their own commands (and refuse the same id with another input); that a
 * key comes again for another stream is only seen here. Losing a claim loses that check, and nothing else.
 */
@Injectable()
export class IdempotencyClaims implements OnModuleInit {
  constructor(@Inject(API_OPTIONS) private readonly options: ApiOptions) {}

  async onModuleInit(): Promise<void> {
    await this.#claims().createIndex({ at: 1 }, { expireAfterSeconds: KEPT_SECONDS });
  }

  /** True: this request made the claim. @throws DomainError COMMAND_ID_REUSED */
  async claim(commandId: string, target: string): Promise<boolean> {
    const { upsertedCount } = await this.#claims().updateOne(
      { _id: commandId },
      { $setOnInsert: { target, at: new Date(this.options.clock.now()) } },
      { upsert: true },
    );
    if (upsertedCount > 0) return true;
    const known = await this.#claims().findOne({ _id: commandId });
    if (!known || known.target === target) return false;
    throw new DomainError('COMMAND_ID_REUSED', 'The idempotency key was used for another request');
  }

  /** A refusal is not remembered: the key may be used for a corrected request. */
  async release(commandId: string, target: string): Promise<void> {
    await this.#claims().deleteOne({ _id: commandId, target });
  }

  #claims() {
    return this.options.readStore.collection<Claim>('http-idempotency');
  }
}

/** What a command is about, whether the path or the body says so. */
export function targetOf({ operation }: CommandOperation, { params, body }: HttpRequest): string {
  const fields = { ...(typeof body === 'object' && body !== null ? body : {}), ...params } as Record<string, unknown>;
  const named = TARGET_FIELDS.map((name) => fields[name]).map((value) =>
    typeof value === 'string' ? value.slice(0, 200) : null,
  );
  return sha256Hex(
    Buffer.from(canonicalJson([operation, ...named.map((value) => value && Buffer.from(value).toString('hex'))])),
  );
}
