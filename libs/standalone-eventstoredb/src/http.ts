import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { StoreNode } from './node.js';
import { MAX_APPEND_BYTES } from './services/append.js';
import { SERVER_VERSION } from './services/info.js';
import { canonicalUuid } from './wire/uuid.js';

const STREAM_PATH = /^\/streams\/([^/?]+)\/?$/;

/** HTTP/1.1 beside gRPC: liveness, version, and one event at a time to a stream. Everything else is 404. */
export function answerHttp(node: StoreNode, request: IncomingMessage, response: ServerResponse): void {
  const path = (request.url ?? '/').split('?')[0] ?? '/';
  const route = `${request.method} ${path}`;
  if (route === 'GET /ping') {
    return json(response, 200, { msgTypeId: 12, text: 'Ping request successfully handled' });
  }
  if (route === 'GET /health/live') return void response.writeHead(204).end();
  if (route === 'GET /info') {
    return json(response, 200, { esVersion: SERVER_VERSION, state: 'leader', features: {}, authentication: {} });
  }
  const stream = request.method === 'POST' ? STREAM_PATH.exec(path)?.[1] : undefined;
  if (stream === undefined) return void response.writeHead(404, 'Not Found').end();
  append(node, stream, request).then(
    (status) => void response.writeHead(status).end(),
    (error: unknown) => json(response, 400, { error: (error as Error).message }),
  );
}

function json(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

/** The body as one event; its type and id are in the headers ES-EventType and ES-EventId. */
async function append(node: StoreNode, encodedStream: string, request: IncomingMessage): Promise<number> {
  const stream = decodeURIComponent(encodedStream);
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > MAX_APPEND_BYTES) return 413;
    parts.push(part);
  }
  const type = request.headers['es-eventtype'];
  if (typeof type !== 'string') return 400;
  const id = request.headers['es-eventid'];
  const outcome = await node.appender.append(stream, 'any', [
    {
      id: typeof id === 'string' ? canonicalUuid(id) : randomUUID(),
      type: Buffer.from(type),
      isJson: request.headers['content-type']?.startsWith('application/json') === true,
      data: Buffer.concat(parts),
      metadata: Buffer.alloc(0),
    },
  ]);
  return outcome.kind === 'appended' ? 201 : outcome.kind === 'deleted' ? 410 : 400;
}
