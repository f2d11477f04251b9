import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DomainError } from '#libs/kernel';
import type { Environment, Runtime } from '#libs/runtime';
import { processLines } from '#libs/telemetry';
import { readModelStatus, type ReadModelStatus } from './read-model-status.js';
import { statusLines } from './status-lines.js';

export interface Probes {
  readonly port: number;
  close(): Promise<void>;
}

const MOST = 65_535;

/**
 * `/metrics`, `/health/live` and `/health/ready` of a projector, on METRICS_PORT (0: any free one) of HOST; without it, none.
 * @throws DomainError CONFIG_INVALID, PORT_IN_USE
 */
export async function serveProbes(
  runtime: Pick<Runtime, 'eventStore' | 'readStore'>,
  env: Environment,
  figures: () => readonly string[],
): Promise<Probes | undefined> {
  const text = env['METRICS_PORT'];
  if (text === undefined || text === '') return undefined;
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (!(port <= MOST)) throw new DomainError('CONFIG_INVALID', `METRICS_PORT is a whole number, at most ${MOST}`);
  const server = createServer((request, response) => {
    void answer(request.url ?? '', response, { runtime, figures }).catch(() => response.destroy());
  });
  await listen(server, port, env['HOST'] || '127.0.0.1');
  const close = async (): Promise<void> => {
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  };
  return { port: (server.address() as AddressInfo).port, close };
}

async function listen(server: Server, port: number, host: string): Promise<void> {
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    throw new DomainError('PORT_IN_USE', `port ${port} is in use: set METRICS_PORT to another one`);
  }
}

interface Served {
  readonly runtime: Pick<Runtime, 'eventStore' | 'readStore'>;
  readonly figures: () => readonly string[];
}

async function answer(url: string, response: ServerResponse, { runtime, figures }: Served): Promise<void> {
  if (url === '/health/live') return json(response, 200, { status: 'live' });
  const status = await readModelStatus(runtime).catch(() => undefined);
  if (url === '/health/ready') return json(response, status ? 200 : 503, readinessOf(status));
  if (url !== '/metrics') return json(response, 404, { status: 'not found' });
  response.setHeader('Content-Type', 'text/plain; version=0.0.4; charset=utf-8');
  response.end([...statusLines(status), ...figures(), ...processLines(), ''].join('\n'));
}

/** A projector that stands by is as ready as the one that folds: what it reports is how the read models are. */
function readinessOf(status: ReadModelStatus | undefined): object {
  if (!status) return { status: 'unavailable' };
  const stalled = status.lag.some(({ state }) => state === 'stalled');
  return {
    status: stalled || status.broken.length > 0 ? 'degraded' : 'ready',
    projections: status.lag.map(({ position: _, ...rest }) => rest),
    violations: status.broken.map(({ where: _, ...rest }) => rest),
  };
}

function json(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'Content-Type': 'application/json' });
  response.end(JSON.stringify(body));
}
