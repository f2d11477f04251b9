import type { IncomingMessage, ServerResponse } from 'node:http';
import type { StoreNode } from './node.js';
import { appendByHttp } from './http-append.js';
import { type Address, SERVER_VERSION } from './services/info.js';
import { statistics } from './services/monitoring.js';

const STREAM_PATH = /^\/streams\/([^/?]+)\/?$/;

/** What is answered without touching the events, by path. */
const PAGES: Readonly<Record<string, (node: StoreNode, address: Address) => object>> = {
  '/ping': () => ({ msgTypeId: 12, text: 'Ping request successfully handled' }),
  '/info': () => ({
    esVersion: SERVER_VERSION,
    state: 'leader',
    features: { projections: true, userManagement: false, atomPub: false },
    authentication: { type: 'insecure', properties: {} },
  }),
  '/gossip': (_node, address) => gossip(address),
  '/stats': (node) => statistics(node.log),
};

/** HTTP/1.1 beside gRPC: what tools look at, and appends to a stream. Everything else is 404. */
export function answerHttp(
  node: StoreNode,
  address: Address,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const path = (request.url ?? '/').split('?')[0] ?? '/';
  const asked = request.method === 'GET' || request.method === 'HEAD';
  if (asked && path === '/health/live') return void response.writeHead(204).end();
  const page = asked && Object.hasOwn(PAGES, path) ? PAGES[path] : undefined;
  if (page !== undefined) return json(response, 200, page(node, address));
  const stream = request.method === 'POST' ? STREAM_PATH.exec(path)?.[1] : undefined;
  if (stream === undefined) return void response.writeHead(404, 'Not Found').end();
  appendByHttp(node, stream, request).then(
    (status) => void response.writeHead(status).end(),
    (error: unknown) => json(response, 400, { error: (error as Error).message }),
  );
}

function json(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' }).end(JSON.stringify(body));
}

/** One member, which leads, by the names that EventStoreDB gives its parts. */
function gossip({ instanceId, host, port }: Address): object {
  const member = {
    instanceId,
    timeStamp: new Date().toISOString(),
    state: 'Leader',
    isAlive: true,
    httpEndPointIp: host,
    httpEndPointPort: port,
    nodePriority: 0,
    isReadOnlyReplica: false,
    esVersion: SERVER_VERSION,
  };
  return { members: [member], serverIp: host, serverPort: port };
}
