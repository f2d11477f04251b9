import { join, resolve } from 'node:path';
import { DomainError } from '#libs/kernel';
import { projectRoot } from './project-root.js';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Where both stores run. */
export interface StoreAddresses {
  readonly eventstore: string;
  readonly mongodb: string;
}

export type Configuration =
  | { readonly kind: 'servers'; readonly addresses: StoreAddresses }
  | { readonly kind: 'standalone'; readonly dataDir: string };

/** A path as the user wrote it, against the folder that the user is in: npm moves to the project's root and leaves the user's folder in INIT_CWD. */
export function resolveUserPath(path: string, env: Environment): string {
  return resolve(env['INIT_CWD'] || process.cwd(), path);
}

/**
 * Chooses the stores: EVENTSTORE_URL and MONGODB_URL, both or neither; without them a data folder: the one given, else ESTATE_DATA_DIR, else
 * `data` in the project's folder. Refuses with CONFIG_INVALID.
 */
export function readConfiguration(env: Environment, dataDir?: string): Configuration {
  const eventstore = env['EVENTSTORE_URL'];
  const mongodb = env['MONGODB_URL'];
  if (eventstore && mongodb) {
    if (dataDir !== undefined) {
      throw new DomainError(
        'CONFIG_INVALID',
        'a data folder was given, but EVENTSTORE_URL and MONGODB_URL name servers: use one or the other',
      );
    }
    return { kind: 'servers', addresses: { eventstore, mongodb } };
  }
  if (eventstore || mongodb) {
    throw new DomainError('CONFIG_INVALID', 'set both EVENTSTORE_URL and MONGODB_URL, or neither for standalone mode');
  }
  const chosen = dataDir ?? env['ESTATE_DATA_DIR'];
  return { kind: 'standalone', dataDir: chosen ? resolveUserPath(chosen, env) : join(projectRoot(), 'data') };
}
