import { rmSync } from 'node:fs';
import net from 'node:net';
import { DomainError } from '#libs/kernel';
import type { StoreAddresses } from './configuration.js';
import type { DataFolder } from './data-folder.js';
import { readTextIfThere, writeFileDurably } from './files.js';

/** What a serving owner publishes in its data folder. */
export interface OwnerAddress extends StoreAddresses {
  readonly pid: number;
  /** Whether the owner keeps the read models up to date. */
  readonly projecting: boolean;
}

export function publishAddress(folder: DataFolder, address: OwnerAddress): void {
  writeFileDurably(folder.addressFile, `${JSON.stringify(address)}\n`);
}

/** The owner's last word before it closes, and the first deed of a new owner: an address left by a killed one is void. */
export function withdrawAddress(folder: DataFolder): void {
  rmSync(folder.addressFile, { force: true });
}

const WATCH_EVERY_MS = 250;

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Watches a joined owner: the clients would look for its servers for a minute, as is right for real ones; its end is known at once. */
export function watchOwner(owner: OwnerAddress): { readonly gone: Promise<never>; stop(): void } {
  let timer: NodeJS.Timeout | undefined;
  const gone = new Promise<never>((_, reject) => {
    timer = setInterval(() => {
      if (isAlive(owner.pid)) return;
      clearInterval(timer);
      reject(
        new DomainError(
          'OWNER_GONE',
          `process ${owner.pid}, which served the data folder, has ended: run the command again`,
        ),
      );
    }, WATCH_EVERY_MS).unref();
  });
  gone.catch(() => undefined);
  return { gone, stop: () => clearInterval(timer) };
}

function answers(url: string): Promise<boolean> {
  const { hostname, port } = new URL(url.replace(/^[a-z]+:/, 'http:'));
  return new Promise((resolve) => {
    const socket = net.connect({ host: hostname, port: Number(port), timeout: 2000 });
    const finish = (result: boolean) => () => {
      socket.destroy();
      resolve(result);
    };
    socket.once('connect', finish(true)).once('error', finish(false)).once('timeout', finish(false));
  });
}

function parseAddress(text: string): OwnerAddress | undefined {
  try {
    const { pid, eventstore, mongodb, projecting } = JSON.parse(text) as Partial<OwnerAddress>;
    if (typeof pid !== 'number' || typeof eventstore !== 'string' || typeof mongodb !== 'string') return undefined;
    return { pid, eventstore, mongodb, projecting: projecting === true };
  } catch {
    return undefined;
  }
}

/** The address of the folder's serving owner, when it is alive and answers. Only meaningful while somebody owns the folder. */
export async function findOwner(folder: DataFolder): Promise<OwnerAddress | undefined> {
  const address = parseAddress(readTextIfThere(folder.addressFile) ?? '');
  if (!address || !isAlive(address.pid)) return undefined;
  const both = await Promise.all([answers(address.eventstore), answers(address.mongodb)]);
  return both.every(Boolean) ? address : undefined;
}
