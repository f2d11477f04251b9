import { CommandBus } from '@nestjs/cqrs';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DomainError, systemClock } from '#libs/kernel';
import type { Environment, Runtime } from '#libs/runtime';
import type { ApiOptions } from './api-options.js';
import { createApi } from './create-api.js';
import { lineLog } from './log-lines.js';
import { ReadinessCheck } from './operations/readiness.js';
import { readSettings, tokensOf } from './settings.js';

const SWEEP_MS = 50;

/** The API under way. */
export interface ServedApi {
  readonly url: string;
  /** The handlers behind it, for commands of this process. */
  readonly commands: CommandBus;
  /** Takes nothing new, answers what is under way, and leaves the stores open. */
  close(): Promise<void>;
}

/**
 * Serves the API over open stores; settings as in `readSettings`, the clock and the log the system's unless given.
 * @throws DomainError CONFIG_INVALID, PORT_IN_USE, MASTER_KEY_REQUIRED
 */
export async function serveApi(
  runtime: Runtime,
  env: Environment,
  {
    clock = systemClock,
    log = lineLog((lines) => void process.stderr.write(lines)),
    figures,
    tracing,
  }: Partial<Pick<ApiOptions, 'clock' | 'log' | 'figures' | 'tracing'>> = {},
): Promise<ServedApi> {
  const { host, port, requestsPerSecond } = readSettings(env);
  const { eventStore, readStore, upcasters } = runtime;
  const app = await createApi({
    ...{ eventStore, readStore, upcasters, requestsPerSecond, clock, log },
    ...(figures ? { figures } : {}),
    ...(tracing ? { tracing } : {}),
    vault: await runtime.vault(),
    verifyToken: await tokensOf(env, runtime),
  });
  try {
    await app.listen(port, host);
  } catch (error) {
    await app.close();
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    throw new DomainError('PORT_IN_USE', `port ${port} is in use: set PORT to another one (0: any that is free)`);
  }
  const url = (await app.getUrl()).replace(/\/$/, '');
  return { url, commands: app.get(CommandBus), close: () => closeApi(app) };
}

/** A client keeps its connection for the next request, which would hold up the end for as long as it keeps it. */
async function closeApi(app: NestFastifyApplication): Promise<void> {
  app.get(ReadinessCheck).ending = true;
  const sweep = setInterval(() => app.getHttpServer().closeIdleConnections(), SWEEP_MS);
  try {
    await app.close();
  } finally {
    clearInterval(sweep);
  }
}
