import { EventReader, type ProjectedEvent, type SourceEvent } from '#libs/projection-engine';
import type { Json } from '#libs/kernel';
import {
  accountDecider,
  assessFee,
  openAccount,
  receivePayment,
  reverseFee,
  reversePayment,
  type AccountEvent,
  type AccountState,
} from '#libs/receivables';

/** A log in memory, filled by the real decisions of receivables: tests see the events that a store would hold. */

const CLERK = { id: 'ann', role: 'finance-manager' };
const CURRENCY = 'CNY';

interface Fact {
  readonly type: string;
  readonly data: unknown;
  readonly effectiveOn: string;
  readonly occurredAt: string;
}

export class MemoryLog {
  readonly events: SourceEvent[] = [];
  /** When the next events are recorded. */
  recordedAt = '2026-07-01T08:00:00.000Z';
  private readonly revisions = new Map<string, bigint>();

  account(accountId: string, communityId = 'yinghu'): MemoryAccount {
    return new MemoryAccount(this, communityId, accountId);
  }

  append(communityId: string, stream: string, facts: readonly Fact[]): ProjectedEvent[] {
    const appended = facts.map(({ type, data, effectiveOn, occurredAt }): SourceEvent => {
      const revision = this.revisions.get(stream) ?? 0n;
      this.revisions.set(stream, revision + 1n);
      const position = BigInt(this.events.length + 1) * 10n;
      const metadata = {
        $correlationId: `correlation-${position}`,
        $causationId: `causation-${position}`,
        commandId: `command-${position}`,
        inputHash: '1'.repeat(64),
        actor: CLERK,
        communityId,
        occurredAt,
        effectiveOn,
        recordedAt: this.recordedAt,
        schemaVersion: 1,
        prevHash: '0'.repeat(64),
        hash: position.toString(16).padStart(64, '0'),
      };
      const event = { stream, revision, position, id: `event-${position}`, type, data: data as Json, metadata };
      this.events.push(event);
      return event;
    });
    return new EventReader().read(appended);
  }

  headPosition(): Promise<bigint> {
    return Promise.resolve(this.events.at(-1)?.position ?? 0n);
  }

  async *readAll({
    after = -1n,
    pageSize = 100,
  }: {
    after?: bigint;
    pageSize?: number;
  }): AsyncGenerator<SourceEvent[]> {
    const wanted = this.events.filter((event) => event.position > after);
    for (let from = 0; from < wanted.length; from += pageSize) {
      yield wanted.slice(from, from + pageSize);
      await Promise.resolve();
    }
  }

  async *readStream(
    stream: string,
    { fromRevision = 0n, limit = 1_000 }: { fromRevision?: bigint; limit?: number },
  ): AsyncGenerator<SourceEvent[]> {
    await Promise.resolve();
    yield this.events.filter((event) => event.stream === stream && event.revision >= fromRevision).slice(0, limit);
  }

  async *subscribeAll(): AsyncGenerator<never> {
    throw await Promise.resolve(new Error('A log in memory has no subscriptions'));
  }
}

export class MemoryAccount {
  private state: AccountState = accountDecider.initialState();

  constructor(
    private readonly log: MemoryLog,
    private readonly communityId: string,
    private readonly accountId: string,
  ) {}

  open(on: string): ProjectedEvent[] {
    const { accountId } = this;
    const command = { accountId, currency: CURRENCY, timeZone: 'Asia/Shanghai' };
    return this.record(openAccount(this.state, command, this.context(on)));
  }

  fee(on: string, dueOn: string, minor: bigint, reference = ''): ProjectedEvent[] {
    const amount = { currency: CURRENCY, minor };
    const command = { item: 'fee', amount, dueOn, reference, tariff: null, period: null };
    return this.record(assessFee(this.state, command, this.context(on)));
  }

  pay(on: string, minor: bigint, reference = ''): ProjectedEvent[] {
    const amount = { currency: CURRENCY, minor };
    const command = { amount, method: 'cash', reference, receiptNumber: null, designatedItemIds: [] };
    return this.record(receivePayment(this.state, command, this.context(on)));
  }

  reverseFee(on: string, itemId: string): ProjectedEvent[] {
    return this.record(reverseFee(this.state, { itemId, reason: 'charged twice' }, this.context(on)));
  }

  reversePayment(on: string, paymentId: string): ProjectedEvent[] {
    return this.record(reversePayment(this.state, { paymentId, reason: 'bounced' }, this.context(on)));
  }

  /** A fact of the collections context in the account's stream. */
  remind(on: string): ProjectedEvent[] {
    const data = { rung: null, channel: null, reference: 'letter', items: [] };
    return this.append([{ type: 'ReminderSent', data, effectiveOn: on, occurredAt: `${on}T00:00:00.000Z` }]);
  }

  private record(events: readonly AccountEvent[]): ProjectedEvent[] {
    const { recordedAt } = this.log;
    for (const event of events) this.state = accountDecider.evolve(this.state, { ...event, recordedAt, actor: CLERK });
    return this.append(events);
  }

  private append(facts: readonly Fact[]): ProjectedEvent[] {
    return this.log.append(this.communityId, `account-${this.communityId}.${this.accountId}`, facts);
  }

  private context(on: string) {
    return { actor: CLERK, effectiveOn: on, occurredAt: `${on}T00:00:00.000Z` };
  }
}
