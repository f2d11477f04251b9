import {
  encodeEvents,
  EMPTY_HEAD,
  inputHashOf,
  Upcasters,
  type EncodedEvent,
  type StreamHead,
} from '#libs/event-store';
import { commandIdOf, type Json } from '#libs/kernel';

/** Events of one made-up command in the stored form, on top of a head. */
export function sampleEvents(
  stream: string,
  count: number,
  head: StreamHead = EMPTY_HEAD,
  data: (n: number) => Json = (n) => ({ n }),
): { events: EncodedEvent[]; head: StreamHead } {
  const communityId = stream.slice(stream.indexOf('-') + 1, stream.indexOf('.'));
  const input = { stream, from: head.revision.toString(), count };
  const command = {
    commandId: commandIdOf(communityId, 'sample', [stream, head.revision.toString(), Math.random().toString(36)]),
    inputHash: inputHashOf(input),
    input,
    actor: { id: 'tester', role: 'test' },
    communityId,
  };
  const drafts = Array.from({ length: count }, (_, n) => ({
    type: 'SampleHappened',
    data: data(n),
    effectiveOn: '2026-01-01',
    occurredAt: '2025-12-31T16:00:00.000Z',
  }));
  return encodeEvents(stream, head, command, '2026-01-02T00:00:00.000Z', drafts, new Upcasters());
}
