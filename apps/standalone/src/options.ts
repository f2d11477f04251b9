import { parseArgs } from 'node:util';
import { DomainError } from '#libs/kernel';
import type { ServeOptions } from '#libs/runtime';

export interface StandaloneOptions {
  readonly dataDir: string | undefined;
  readonly serve: ServeOptions;
  /** A file of published working days, as the user wrote its path. */
  readonly publishedDays: string | undefined;
}

export const USAGE =
  'npm run -s standalone -- [--data DIR] [--eventstore-port N] [--mongodb-port N] [--serve [--published-days FILE]]';

function parsePort(text: string | undefined): number {
  if (text === undefined) return 0;
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (!(port <= 65_535)) throw new DomainError('PORT_INVALID', `not a port: '${text}'`);
  return port;
}

/**
 * `--serve` is `npm start`: the servers, the projector and the service clocks. Without it the bare servers, for other programs.
 * Throws USAGE_INVALID, PORT_INVALID.
 */
export function parseOptions(args: readonly string[]): StandaloneOptions {
  const text = { type: 'string' } as const;
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        data: text,
        'eventstore-port': text,
        'mongodb-port': text,
        serve: { type: 'boolean' },
        'published-days': text,
      },
    });
    const ports = {
      eventstorePort: parsePort(values['eventstore-port']),
      mongodbPort: parsePort(values['mongodb-port']),
    };
    if (values['published-days'] !== undefined && !values.serve) throw new TypeError('--published-days needs --serve');
    const serve = { ...ports, projecting: values.serve === true };
    return { dataDir: values.data, serve, publishedDays: values['published-days'] };
  } catch (error) {
    if (error instanceof DomainError) throw error;
    throw new DomainError('USAGE_INVALID', `${(error as Error).message.split('\n')[0]} (${USAGE})`);
  }
}
