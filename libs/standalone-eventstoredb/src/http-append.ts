import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { StoreNode } from './node.js';
import { MAX_APPEND_BYTES } from './services/append.js';
import type { ProposedEvent } from './wire/record.js';
import { canonicalUuid } from './wire/uuid.js';

const MANY_EVENTS = 'application/vnd.eventstore.events+json';

/**
 * Appends what a request brings: one event, its type and id in the headers ES-EventType and ES-EventId, or a list of them in
 * EventStoreDB's media type. The status of the answer; throws when the body is not what it says.
 */
export async function appendByHttp(node: StoreNode, encodedStream: string, request: IncomingMessage): Promise<number> {
  const stream = decodeURIComponent(encodedStream);
  const body = await bodyOf(request);
  if (body === undefined) return 413;
  const events = eventsOf(request, body);
  if (events === undefined) return 400;
  const outcome = await node.appender.append(stream, 'any', events);
  return outcome.kind === 'appended' ? 201 : outcome.kind === 'deleted' ? 410 : 400;
}

async function bodyOf(request: IncomingMessage): Promise<Buffer | undefined> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > MAX_APPEND_BYTES) return undefined;
    parts.push(part);
  }
  return Buffer.concat(parts);
}

function eventsOf(request: IncomingMessage, body: Buffer): ProposedEvent[] | undefined {
  const mediaType = request.headers['content-type']?.split(';')[0]?.trim();
  if (mediaType === MANY_EVENTS) return (JSON.parse(body.toString('utf8')) as unknown[]).map(listed);
  const type = request.headers['es-eventtype'];
  if (typeof type !== 'string') return undefined;
  const id = request.headers['es-eventid'];
  return [
    {
      id: typeof id === 'string' ? canonicalUuid(id) : randomUUID(),
      type: Buffer.from(type),
      isJson: mediaType === 'application/json',
      data: body,
      metadata: Buffer.alloc(0),
    },
  ];
}

function listed(value: unknown): ProposedEvent {
  const { eventId, eventType, data, metadata } = value as Readonly<Record<string, unknown>>;
  if (typeof eventType !== 'string' || typeof eventId !== 'string') {
    throw new TypeError('an event needs eventId and eventType');
  }
  return {
    id: canonicalUuid(eventId),
    type: Buffer.from(eventType),
    isJson: true,
    data: Buffer.from(JSON.stringify(data ?? {})),
    metadata: metadata === undefined ? Buffer.alloc(0) : Buffer.from(JSON.stringify(metadata)),
  };
}
