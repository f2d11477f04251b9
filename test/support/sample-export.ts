import { createHash } from 'node:crypto';
import { EMPTY_HEAD, encodeEvents, inputHashOf, Upcasters, type StreamHead } from '#libs/event-store';
import { commandIdOf, streamName } from '#libs/kernel';

/** One line of an export before it is written. */
export interface ExportedEvent {
  stream: string;
  revision: string;
  id: string;
  type: string;
  data: Record<string, unknown>;
  metadata: Record<string, unknown>;
}

/** The events of a small community in the order of their positions: two accounts, whose events take turns. */
export function sampleEvents(rounds: number, communityId = 'yinghu'): ExportedEvent[] {
  const heads = new Map<string, StreamHead>();
  const events: ExportedEvent[] = [];
  for (let round = 0; round < rounds; round += 1) {
    for (const account of ['A1', '甲/2']) {
      const stream = streamName('account', communityId, account);
      const key = [account, round];
      const commandId = commandIdOf(communityId, 'sample', key);
      const command = {
        commandId,
        communityId,
        actor: { id: 'import', role: 'import' },
        input: key,
        inputHash: inputHashOf(key),
      };
      const fact = {
        type: 'ReminderSent',
        data: { rung: null, channel: null, reference: `${account}/${round}`, items: [] },
        effectiveOn: '2026-01-05',
        occurredAt: '2026-01-04T16:00:00.000Z',
      };
      const head = heads.get(stream) ?? EMPTY_HEAD;
      const written = encodeEvents(stream, head, command, '2026-02-01T00:00:00.000Z', [fact], new Upcasters());
      heads.set(stream, written.head);
      for (const { id, type, dataText, metadataText } of written.events) {
        const [data, metadata] = [dataText, metadataText].map((text) => JSON.parse(text) as Record<string, unknown>);
        events.push({ stream, revision: written.head.revision.toString(), id, type, data: data!, metadata: metadata! });
      }
    }
  }
  return events;
}

/** The last line of an export of these events. */
export function lastLine(events: readonly ExportedEvent[]): string {
  const heads: Record<string, unknown> = {};
  const order = createHash('sha256');
  for (const { stream, revision, metadata } of events) {
    heads[stream] = { revision, hash: metadata['hash'] };
    order.update(String(metadata['hash']));
  }
  return JSON.stringify({ events: events.length, heads, digest: order.digest('hex') });
}

/** An export as a file's text. */
export function exportText(events: readonly ExportedEvent[]): string {
  return [...events.map((event) => JSON.stringify(event)), lastLine(events), ''].join('\n');
}
