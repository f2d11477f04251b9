import type { CommandResult } from '#libs/event-store';
import type { HttpReply } from './http-types.js';

/** Fields of recorded facts that a client needs in order to name what it has made. */
const NAMES = ['itemId', 'paymentId', 'receiptNumber', 'holdId', 'disputeId', 'occupancyId', 'caseId'];

/** What a command is answered with: where its events are, also as `X-Position` and `ETag`, and whether they were there before. */
export function answerTo(reply: HttpReply, result: CommandResult): object {
  reply.header('X-Position', result.position.toString());
  if (result.revision >= 0n) reply.header('ETag', `"${result.revision}"`);
  if (result.repeated) reply.header('Idempotency-Replayed', 'true');
  const { stream, revision, position, events } = result;
  return {
    stream,
    revision: revision.toString(),
    position: position.toString(),
    events: events.map(({ type, revision: own }) => ({ type, revision: own.toString() })),
    ids: namesIn(result),
  };
}

function namesIn({ events, recorded }: CommandResult): Record<string, string> {
  const named: Record<string, string> = {};
  for (let index = 0; index < events.length; index += 1) {
    // A credit that is applied to a new fee names a payment of old.
    if (events[index]!.type === 'CreditApplied') continue;
    const data = recorded[index] as Record<string, unknown>;
    for (const name of NAMES) if (typeof data[name] === 'string') named[name] ??= data[name];
  }
  return named;
}
