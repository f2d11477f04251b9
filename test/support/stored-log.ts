import { encodeEvents, EMPTY_HEAD, inputHashOf, Upcasters, type EventStore, type StreamHead } from '#libs/event-store';
import { commandIdOf, type Json } from '#libs/kernel';

/** A fact of a test, where it belongs. */
export interface Fact {
  readonly stream: string;
  readonly type: string;
  readonly data: unknown;
  readonly effectiveOn?: string;
  readonly occurredAt?: string;
}

/** Appends facts in the stored form, in their order, whatever they say: also what no decision would record. */
export class FactLog {
  private readonly heads = new Map<string, StreamHead>();
  private commands = 0;

  constructor(private readonly store: EventStore) {}

  /** Position of the last of them. */
  async append(facts: readonly Fact[], traceparent?: string): Promise<bigint> {
    let last = -1n;
    for (let from = 0; from < facts.length;) {
      const { stream } = facts[from]!;
      let to = from + 1;
      while (facts[to]?.stream === stream) to += 1;
      last = await this.appendTo(stream, facts.slice(from, to), traceparent);
      from = to;
    }
    return last;
  }

  private async appendTo(stream: string, facts: readonly Fact[], traceparent?: string): Promise<bigint> {
    const communityId = stream.slice(stream.indexOf('-') + 1, stream.indexOf('.'));
    const input = [stream, (this.commands += 1)];
    const command = {
      ...{ commandId: commandIdOf(communityId, 'facts', input), input, inputHash: inputHashOf(input), communityId },
      actor: { id: 'tester', role: 'test' },
      ...(traceparent === undefined ? {} : { traceparent }),
    };
    const drafts = facts.map(({ type, data, effectiveOn = '2026-01-01', occurredAt = '2026-01-01T00:00:00.000Z' }) => ({
      ...{ type, data: data as Json, effectiveOn, occurredAt },
    }));
    const head = this.heads.get(stream) ?? EMPTY_HEAD;
    const encoded = encodeEvents(stream, head, command, '2026-07-01T08:00:00.000Z', drafts, new Upcasters());
    const expected = head.revision < 0n ? 'no_stream' : head.revision;
    const { position } = await this.store.append(stream, expected, encoded.events);
    this.heads.set(stream, encoded.head);
    return position;
  }
}
