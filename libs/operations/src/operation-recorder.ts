import { CommandRunner, type EventStore, type Upcasters } from '#libs/event-store';
import { commandIdOf, localDateOf, parseReference, systemClock, type Clock } from '#libs/kernel';
import type { DiscardedFact, OperationLog, SwitchedFact } from '#libs/projection-engine';
import { operations, type OperationEvent } from './operation.events.js';

interface Community {
  readonly communityId: string;
  readonly timeZone: string;
}

interface Request {
  readonly id: string;
  readonly by: string;
}

type Fact = Pick<OperationEvent, 'type' | 'data'>;

/** Records in the event store what people decide about read models, and so in the audit trail of the communities concerned. */
export class OperationRecorder implements OperationLog {
  private readonly runner: CommandRunner;

  constructor(
    private readonly store: EventStore,
    upcasters: Upcasters,
    private readonly clock: Clock = systemClock,
  ) {
    this.runner = new CommandRunner(store, clock, upcasters);
  }

  /** In the trail of every community. @throws DomainError REFERENCE_INVALID for a reason that cannot be kept */
  async switched({ name, reason, ...fact }: SwitchedFact, request: Request): Promise<void> {
    const data = { readModel: name, ...fact, reason: reason === null ? null : parseReference(reason) };
    for (const community of await this.communities())
      await this.record(community, name, { type: 'ReadModelSwitched', data }, request);
  }

  /** In the trail of the event's community. @throws DomainError REFERENCE_INVALID */
  async discarded(fact: DiscardedFact, request: Request): Promise<void> {
    const { name, id, scope, key, stream, revision, position } = fact;
    const reason = parseReference(fact.reason);
    const data = { readModel: name, entry: id, scope, key, stream, revision, position, reason };
    const known = (await this.communities()).find(({ communityId }) => communityId === fact.communityId);
    const community = known ?? { communityId: fact.communityId, timeZone: 'UTC' };
    await this.record(community, name, { type: 'ParkedEventDiscarded', data }, request);
  }

  private async record({ communityId, timeZone }: Community, name: string, fact: Fact, { id, by }: Request) {
    const occurredAt = this.clock.now();
    const context = {
      commandId: commandIdOf(communityId, 'operations', [id]),
      input: { request: id },
      actor: { id: by, role: 'administrator' },
      communityId,
    };
    const event = { ...fact, effectiveOn: localDateOf(occurredAt, timeZone), occurredAt } as OperationEvent;
    await this.runner.execute(operations, name, context, () => [event]);
  }

  private async communities(): Promise<Community[]> {
    const found: Community[] = [];
    for await (const page of this.store.readAll({ types: ['CommunityRegistered'] }))
      for (const { data } of page) found.push(data as unknown as Community);
    return found;
  }
}
