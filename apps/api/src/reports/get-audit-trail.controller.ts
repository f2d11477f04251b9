import { Controller } from '@nestjs/common';
import { IsOptional, IsString } from 'class-validator';
import { parseId } from '#libs/kernel';
import { AuditTrailReader, auditTrailProjection } from '#projections';
import { wholeOf } from '../http/cursor.js';
import type { RequestFacts } from '../http/http-types.js';
import { ListCursors } from '../http/list-cursors.js';
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
  constructor(
    private readonly reader: AuditTrailReader,
    private readonly lists: ListCursors,
  ) {}

  @QueryRoute({
    operation: 'getAuditTrail',
    summary: 'Who did what and when, refused attempts included, in the order of the event store (R2.3)',
    input: GetAuditTrailRequest,
    models: [auditTrailProjection],
    history: [auditTrailProjection],
    example: { accountId: 'B1/0101', limit: '10' },
    answer: objectOf({ position: POSITION, entries: listOf(ENTRY), nextCursor: TEXT_OR_NULL }),
  })
  async getAuditTrail(@Facts() { communityId, position, at }: RequestFacts, @Input() input: GetAuditTrailRequest) {
    const accountId = input.accountId === undefined ? null : parseId(input.accountId);
    const list = ['audit-trail', communityId, accountId, at?.toString() ?? null];
    const { cursor, next } = await this.lists.open(list, auditTrailProjection, input.cursor, 1);
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
    const nextCursor = more ? next({ position: upTo, place }) : null;
    return { position: upTo.toString(), entries: items, nextCursor };
  }
}
