import { ChainVerifier, UNKNOWN_POSITION, type EventStore, type StoredEvent } from '#libs/event-store';
import { DomainError, streamName } from '#libs/kernel';
import { AuditTrailReader, auditTrailProjection, type AuditEntry } from '#projections';
import { findAccount, findCommunity } from '../books.js';
import { findCase } from '../cases.js';
import { onCut, staleLine } from '../catch-up.js';
import { addJsonWithList } from '../io/output.js';
import { tableLines, type Column } from '../io/table.js';
import type { CommandRun, Session } from '../session.js';
import { storedEvents } from '../stored-events.js';

export interface AuditOptions {
  readonly community: string;
  readonly account?: string;
  readonly case?: string;
  readonly at?: string;
}

const LISTED_FAULTS = 5;
/** A table is laid out over so many lines at a time: a trail may have a million. */
const TABLE_PAGE = 1_000;

const CHAIN_LIMIT =
  'A chain alone cannot show a lost tail or a lost stream: compare with the heads of an earlier export (tools/verify-export.mjs --heads).';

/** Walks the audit trail and the store side by side, and recomputes every hash on the way. */
class AuditCheck {
  private readonly chain = new ChainVerifier();
  private readonly faults: string[] = [];
  private faultCount = 0;
  events = 0;

  constructor(private readonly stored: AsyncIterator<StoredEvent>) {}

  /** The entries, unchanged, each compared with the stored event at its place. */
  async *checked(entries: AsyncIterable<AuditEntry>): AsyncGenerator<AuditEntry> {
    for await (const entry of entries) {
      this.events += 1;
      const event = await this.next();
      if (!event) this.fault(`the audit trail has ${entry.stream}@${entry.revision}, the store does not`);
      else if (!agree(entry, event)) this.fault(`at position ${entry.position} the audit trail and the store disagree`);
      yield entry;
    }
    for (let event = await this.next(); event; event = await this.next()) {
      this.fault(`the store has ${event.stream}@${event.revision}, the audit trail does not`);
    }
  }

  result(): { verified: boolean; note: string } {
    if (this.faultCount === 0) {
      return {
        verified: true,
        note: `Every hash and chain was recomputed from the store and agrees with the audit trail. ${CHAIN_LIMIT}`,
      };
    }
    const more = this.faultCount > this.faults.length ? ` (and ${this.faultCount - this.faults.length} more)` : '';
    return { verified: false, note: `${this.faults.join('; ')}${more}. ${CHAIN_LIMIT}` };
  }

  private async next(): Promise<StoredEvent | undefined> {
    const { value, done } = await this.stored.next();
    if (done) return undefined;
    const broken = this.chain.add(value);
    if (broken) this.fault(`${broken.stream}@${broken.revision}: ${broken.code}, ${broken.message}`);
    return value;
  }

  private fault(text: string): void {
    this.faultCount += 1;
    if (this.faults.length < LISTED_FAULTS) this.faults.push(text);
  }
}

function agree(entry: AuditEntry, event: StoredEvent): boolean {
  const { metadata } = event;
  return (
    entry.stream === event.stream &&
    entry.revision === event.revision.toString() &&
    (event.position === UNKNOWN_POSITION || entry.position === event.position.toString()) &&
    entry.type === event.type &&
    entry.hash === metadata.hash &&
    entry.actor.id === metadata.actor.id &&
    entry.actor.role === metadata.actor.role &&
    entry.occurredAt === metadata.occurredAt &&
    entry.effectiveOn === metadata.effectiveOn &&
    entry.recordedAt === metadata.recordedAt &&
    entry.correlationId === metadata.$correlationId &&
    entry.causationId === metadata.$causationId
  );
}

/** `estate report audit`: who recorded what and when; `verified` after the chains were recomputed from the store (R2.3). */
export const run: CommandRun<AuditOptions> = (session, _args, options) =>
  session.withRuntime(async (runtime) => {
    const { communityId } = await findCommunity(runtime.eventStore, options.community);
    const part = await partOf(runtime.eventStore, communityId, options);
    return onCut(session, runtime, options.at, async ({ position, stale }) => {
      const query = { communityId, ...part };
      const check = new AuditCheck(
        storedEvents(runtime.eventStore, { ...query, upTo: position, signal: session.signal }),
      );
      const items = check.checked(new AuditTrailReader(runtime.readStore).listEntries({ ...query, position }));
      const staleSince = await stale([auditTrailProjection], query);
      if (session.json)
        await addJsonWithList(session.answer, {}, { name: 'events', items }, () => ({
          ...check.result(),
          position: String(position),
          ...staleSince,
        }));
      else {
        await addTable(session, items, check);
        for (const line of staleLine(staleSince)) await session.answer.line(line);
      }
      return check.result().verified ? 0 : 1;
    });
  });

/** One stream of the community: an account's or a case's; all of them without either. @throws DomainError USAGE_INVALID, ACCOUNT_NOT_FOUND, CASE_NOT_FOUND */
async function partOf(store: EventStore, communityId: string, options: AuditOptions): Promise<{ stream?: string }> {
  const { account, case: caseId } = options;
  if (account !== undefined && caseId !== undefined)
    throw new DomainError('USAGE_INVALID', 'report audit takes --account or --case, not both');
  if (caseId !== undefined) return { stream: (await findCase(store, communityId, caseId)).stream };
  if (account === undefined) return {};
  return { stream: streamName('account', communityId, await findAccount(store, communityId, account)) };
}

const COLUMNS: Column<AuditEntry>[] = [
  { title: 'position', value: (entry) => entry.position, alignRight: true },
  { title: 'event', value: (entry) => `${entry.stream}@${entry.revision}` },
  { title: 'type', value: (entry) => entry.type },
  { title: 'actor', value: ({ actor }) => (actor.id === actor.role ? actor.id : `${actor.id} (${actor.role})`) },
  { title: 'effective', value: (entry) => entry.effectiveOn },
  { title: 'recorded', value: (entry) => entry.recordedAt },
  { title: 'hash', value: (entry) => entry.hash.slice(0, 12) },
];

async function addTable(session: Session, items: AsyncIterable<AuditEntry>, check: AuditCheck): Promise<void> {
  let page: AuditEntry[] = [];
  const addPage = async (): Promise<void> => {
    for (const line of tableLines(COLUMNS, page)) await session.answer.line(line);
    page = [];
  };
  for await (const entry of items) if (page.push(entry) >= TABLE_PAGE) await addPage();
  await addPage();
  const { verified, note } = check.result();
  await session.answer.line(`${check.events} events, ${verified ? 'verified' : 'NOT VERIFIED'}. ${note}`);
}
