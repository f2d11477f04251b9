import { setImmediate } from 'node:timers/promises';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { canonicalJson, DomainError, sha256Hex } from '#libs/kernel';
import { takenBefore } from '#libs/read-store';
import { API_OPTIONS, type ApiOptions } from '../api-options.js';
import type { HttpRequest } from './http-types.js';
import type { CommandOperation } from './operation-types.js';

interface Claim {
  readonly _id: string;
  /** Of the operation and of what it is about; no other part of the body, which may be personal. */
  readonly target: string;
  readonly at: Date;
}

interface Asked extends Claim {
  readonly resolve: (made: boolean) => void;
  readonly reject: (error: unknown) => void;
}

const MOST_AT_ONCE = 200;
const KEPT_SECONDS = 30 * 24 * 3600;
const TARGET_FIELDS = ['unitId', 'partyId', 'accountId', 'caseId', 'kind'];

/**
 * Which operation an idempotency key was first used for. Streams know their own commands (and refuse the same id with another input); that a
 * key comes again for another stream is only seen here. Losing a claim loses that check, and nothing else. One write is under way at a time,
 * and the claims that come meanwhile go together in the next: a write of its own for each would cost more than the command.
 */
@Injectable()
export class IdempotencyClaims implements OnModuleInit {
  readonly #waiting: Asked[] = [];
  #writing = false;

  constructor(@Inject(API_OPTIONS) private readonly options: ApiOptions) {}

  async onModuleInit(): Promise<void> {
    await this.#claims().createIndex({ at: 1 }, { expireAfterSeconds: KEPT_SECONDS });
  }

  /** True: this request made the claim. @throws DomainError COMMAND_ID_REUSED */
  claim(commandId: string, target: string): Promise<boolean> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ _id: commandId, target, at: new Date(this.options.clock.now()), resolve, reject });
      if (!this.#writing) void this.#drain();
    });
  }

  /** A refusal is not remembered: the key may be used for a corrected request. */
  async release(commandId: string, target: string): Promise<void> {
    await this.#claims().deleteOne({ _id: commandId, target });
  }

  async #drain(): Promise<void> {
    this.#writing = true;
    while (this.#waiting.length > 0) {
      // Requests that came in with the same turn of the event loop come along.
      await setImmediate();
      const batch = this.#waiting.splice(0, MOST_AT_ONCE);
      try {
        await this.#write(batch);
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    this.#writing = false;
  }

  async #write(batch: readonly Asked[]): Promise<void> {
    const claims = batch.map(({ _id, target, at }) => ({ _id, target, at }));
    const refused = await this.#insert(claims);
    const ids = claims.filter((_, index) => refused.has(index)).map(({ _id }) => _id);
    const known =
      ids.length === 0
        ? []
        : await this.#claims()
            .find({ _id: { $in: ids } })
            .toArray();
    const targets = new Map(known.map(({ _id, target }) => [_id, target]));
    for (const [index, { _id, target, resolve, reject }] of batch.entries()) {
      const isAnothers = refused.has(index) && (targets.get(_id) ?? target) !== target;
      if (isAnothers) reject(new DomainError('COMMAND_ID_REUSED', 'The idempotency key was used for another request'));
      else resolve(!refused.has(index));
    }
  }

  /** Which of them were there before. */
  async #insert(claims: readonly Claim[]): Promise<ReadonlySet<number>> {
    try {
      await this.#claims().insertMany(claims, { ordered: false });
      return new Set();
    } catch (error) {
      return takenBefore(error);
    }
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
