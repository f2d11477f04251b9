import { Controller, Inject } from '@nestjs/common';
import { IsIn, IsNotEmpty, IsString, Matches, IsOptional, MaxLength } from 'class-validator';
import { EventStore, isEnvelope, Upcasters, Vault, type StoredEvent, type VaultAccess } from '#libs/event-store';
import { UPCASTERS } from '#libs/event-store/nest';
import { DomainError, parseId, streamName, type Json } from '#libs/kernel';
import { CASE_KINDS, type CaseKind } from '#libs/service-desk';
import type { RequestFacts } from '../http/http-types.js';
import { QueryRoute } from '../http/operation.js';
import { Facts, Input } from '../http/parameters.js';
import { INSTANT, listOf, objectOf, POSITION, TEXT, TEXT_OR_NULL } from '../openapi/schema-types.js';
import { QueryRequest } from '../reports/queries.js';
import { StreamHeads } from '../reports/stream-heads.js';
import { CASE_PATH } from './case-requests.js';

export class GetCaseTextsRequest extends QueryRequest {
  @IsIn(CASE_KINDS)
  kind!: CaseKind;

  @IsString()
  caseId!: string;

  /** Why it is read; it is logged with who reads. */
  @IsString()
  @IsNotEmpty()
  @MaxLength(200)
  purpose!: string;

  /** Only what was written behind this revision: `nextAfter` of the answer before. */
  @IsOptional()
  @Matches(/^[0-9]{1,15}$/)
  afterRevision?: string;
}

/** Events that are looked at for one answer. */
const MOST_EVENTS = 200;
const WRITTEN = objectOf({
  ...{ revision: TEXT, type: TEXT, occurredAt: INSTANT, actor: TEXT },
  ...{ customer: TEXT_OR_NULL, text: TEXT_OR_NULL },
});

@Controller(`${CASE_PATH}/texts`)
export class GetCaseTextsController {
  constructor(
    private readonly store: EventStore,
    private readonly heads: StreamHeads,
    private readonly vault: Vault,
    @Inject(UPCASTERS) private readonly upcasters: Upcasters,
  ) {}

  @QueryRoute({
    operation: 'getCaseTexts',
    summary: 'What was written on a case and who the customer is, for a stated purpose that is logged (R4.3)',
    input: GetCaseTextsRequest,
    models: [],
    example: { purpose: 'handling the complaint' },
    answer: objectOf({
      ...{ caseId: TEXT, texts: listOf(WRITTEN), nextAfter: TEXT_OR_NULL, revision: TEXT, position: POSITION },
    }),
  })
  async getCaseTexts(@Facts() { communityId, caller }: RequestFacts, @Input() input: GetCaseTextsRequest) {
    const caseId = parseId(input.caseId);
    const head = await this.heads.of(input.kind, communityId, caseId);
    if (!head) throw new DomainError('CASE_NOT_FOUND', 'There is no such case');
    const { actor, correlationId } = caller;
    const access = { actor, purpose: input.purpose, ...(correlationId === undefined ? {} : { correlationId }) };
    const fromRevision = input.afterRevision === undefined ? 0n : BigInt(input.afterRevision) + 1n;
    const texts = [];
    let last = -1n;
    const stream = streamName(input.kind, communityId, caseId);
    for await (const page of this.store.readStream(stream, { fromRevision, limit: MOST_EVENTS })) {
      for (const event of page) {
        last = event.revision;
        const written = await this.#written(event, access);
        if (written) texts.push(written);
      }
    }
    const nextAfter = last >= 0n && last < BigInt(head.revision) ? last.toString() : null;
    return { caseId, texts, nextAfter, ...head };
  }

  async #written(event: StoredEvent, access: VaultAccess) {
    const data = this.upcasters.dataOf(event) as { readonly customer?: Json; readonly text?: Json };
    const [customer, text] = [await this.#opened(data.customer, access), await this.#opened(data.text, access)];
    if (customer === null && text === null) return undefined;
    const { revision, type, metadata } = event;
    return {
      revision: revision.toString(),
      type,
      occurredAt: metadata.occurredAt,
      actor: metadata.actor.id,
      customer,
      text,
    };
  }

  async #opened(envelope: Json | undefined, access: VaultAccess): Promise<string | null> {
    return isEnvelope(envelope) ? String(await this.vault.open(envelope, access)) : null;
  }
}
