import { streamName } from '#libs/kernel';
import type { ReadStore } from '#libs/read-store';
import { cutFilter, type Cut } from '../cut.js';
import {
  auditTrailProjection,
  COMMUNITY_ORDER_INDEX,
  STREAM_ORDER_INDEX,
  type AuditEntryDocument,
} from './audit-trail.projection.js';

export interface AuditQuery extends Cut {
  readonly communityId: string;
  /** Only the account's own stream; without it every stream of the community. */
  readonly accountId?: string;
  /** Only the stream of this name, as that of a case. */
  readonly stream?: string;
  /** Only entries beyond this position. */
  readonly after?: bigint;
  /** How many entries are asked of the server at a time; a page of a list needs no more than it shows. */
  readonly pageSize?: number;
}

/** Position and revision as decimal strings. */
export interface AuditEntry {
  readonly position: string;
  readonly stream: string;
  readonly revision: string;
  readonly type: string;
  readonly actor: { readonly id: string; readonly role: string };
  readonly occurredAt: string;
  readonly effectiveOn: string;
  readonly recordedAt: string;
  readonly correlationId: string;
  readonly causationId: string;
  readonly hash: string;
}

const BATCH = 2_000;

/** Queries on the audit trail, in order of position. */
export class AuditTrailReader {
  constructor(private readonly store: ReadStore) {}

  /** Position that answers reflect when the query names none; -1n before anything was folded. */
  position(): Promise<bigint> {
    return this.store.livePosition(auditTrailProjection);
  }

  /** One by one, for trails of any length. */
  async *listEntries(query: AuditQuery): AsyncGenerator<AuditEntry> {
    for await (const entry of await this.find(query)) {
      yield {
        position: entry.position.toString(),
        stream: entry.stream,
        revision: entry.revision.toString(),
        type: entry.type,
        actor: entry.actor,
        occurredAt: entry.occurredAt,
        effectiveOn: entry.effectiveOn,
        recordedAt: entry.recordedAt,
        correlationId: entry.correlationId,
        causationId: entry.causationId,
        hash: entry.hash,
      };
    }
  }

  async findEntries(query: AuditQuery): Promise<AuditEntry[]> {
    const entries: AuditEntry[] = [];
    for await (const entry of this.listEntries(query)) entries.push(entry);
    return entries;
  }

  /** How the server would run `listEntries`; with its execution: the first page of it. */
  async explain(query: AuditQuery, verbosity: 'queryPlanner' | 'executionStats' = 'queryPlanner'): Promise<object> {
    return (await this.find(query)).limit(query.pageSize ?? BATCH).explain(verbosity);
  }

  private async find(query: AuditQuery) {
    const {
      communityId,
      accountId,
      stream = streamOf(communityId, accountId),
      after,
      pageSize = BATCH,
      ...cut
    } = query;
    const upTo = cut.position ?? (await this.position());
    const range = after === undefined ? { $lte: upTo } : { $lte: upTo, $gt: after };
    const filter = { ...cutFilter(cut), position: range };
    const entries = await this.store.liveCollection<AuditEntryDocument & { position: bigint }>(auditTrailProjection);
    const options = { batchSize: pageSize };
    if (stream === undefined) {
      return entries.find({ communityId, ...filter }, options).sort(COMMUNITY_ORDER_INDEX.key);
    }
    return entries.find({ stream, ...filter }, options).sort(STREAM_ORDER_INDEX.key);
  }
}

function streamOf(communityId: string, accountId: string | undefined): string | undefined {
  return accountId === undefined ? undefined : streamName('account', communityId, accountId);
}
