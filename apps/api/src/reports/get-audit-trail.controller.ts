import { Controller } from '@nestjs/common';
import { IsOptional, IsString } from 'class-validator';
import { parseId } from '#libs/kernel';
import { AuditTrailReader, auditTrailProjection } from '#projections';
import { decodeCursor, encodeCursor, wholeOf } from '../http/cursor.js';
import type { RequestFacts } from '../http/http-types.js';
import { QueryRoute } from '../http/operation.js';
import { Facts, Input } from '../http/parameters.js';
import { DATE, INSTANT, listOf, objectOf, POSITION, TEXT, TEXT_OR_NULL } from '../openapi/schema-types.js';
import { firstOf, limitOf, PageRequest } from './queries.js';

export class GetAuditTrailRequest extends PageRequest {
  /** Only the stream of this account. */
  @IsOptional()
  @IsString()
  accountId?: string;
}

const ENTRY = objectOf({
  ...{ position: POSITION, stream: TEXT, revision: TEXT, type: TEXT, actor: objectOf({ id: TEXT, role: TEXT }) },
  ...{
    occurredAt: INSTANT,
    effectiveOn: DATE,
    recordedAt: INSTANT,
    correlationId: TEXT,
    causationId: TEXT,
    hash: TEXT,
  },
});

@Controller('communities/:communityId/audit-trail')
export class GetAuditTrailController {
  constructor(private readonly reader: AuditTrailReader) {}

  @QueryRoute({
    operation: 'getAuditTrail',
    summary: 'Who did what and when, refused attempts included, in the order of the event store (R2.3)',
    input: GetAuditTrailRequest,
    models: [auditTrailProjection],
    example: { accountId: 'B1/0101', limit: '10' },
    answer: objectOf({ position: POSITION, entries: listOf(ENTRY), nextCursor: TEXT_OR_NULL }),
  })
  async getAuditTrail(@Facts() { communityId, position }: RequestFacts, @Input() input: GetAuditTrailRequest) {
    const accountId = input.accountId === undefined ? null : parseId(input.accountId);
    const list = ['audit-trail', auditTrailProjection.version, communityId, accountId];
    const cursor = input.cursor === undefined ? undefined : decodeCursor(list, input.cursor, 1);
    const upTo = cursor?.position ?? position!;
    const entries = this.reader.listEntries({
      communityId,
      position: upTo,
      pageSize: limitOf(input) + 1,
      ...(accountId === null ? {} : { accountId }),
      ...(cursor ? { after: wholeOf(cursor.place[0]) } : {}),
    });
    const { items, more } = await firstOf(entries, limitOf(input));
    const place = [items.at(-1)?.position ?? null];
    const nextCursor = more ? encodeCursor(list, { position: upTo, place }) : null;
    return { position: upTo.toString(), entries: items, nextCursor };
  }
}
