import { createHash } from 'node:crypto';
import { closeSync, constants, openSync, realpathSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Held until released, or until this process ends in whatever way: the kernel frees it then at once. */
export interface Ownership {
  release(): Promise<void>;
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException | undefined)?.code;
}

/** A name that no file stands for (Linux: abstract unix socket, Windows: named pipe): nothing is left behind that could go stale. */
function ownByName(path: string): Promise<Ownership | undefined> {
  return new Promise((resolve, reject) => {
    const server = net.createServer((socket) => socket.destroy());
    server.once('error', (error) => (codeOf(error) === 'EADDRINUSE' ? resolve(undefined) : reject(error)));
    server.listen(path, () => {
      server.unref();
      resolve({ release: () => new Promise((done) => server.close(() => done())) });
    });
  });
}

/** The BSDs and macOS lock a file as they open it; the lock goes with the last handle. */
function ownByExclusiveOpen(path: string): Ownership | undefined {
  const exclusiveLock = 0x20; // O_EXLOCK of open(2) there; Node has no constant for it
  try {
    const file = openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_NONBLOCK | exclusiveLock, 0o600);
    return {
      release: () => {
        closeSync(file);
        return Promise.resolve();
      },
    };
  } catch (error) {
    if (codeOf(error) === 'EAGAIN') return undefined;
    throw error;
  }
}

/** Takes the ownership of an existing folder, by its real path; `undefined` when another process has it. */
export async function tryOwn(folder: string): Promise<Ownership | undefined> {
  const name = `estate-data-${createHash('sha256').update(realpathSync.native(folder)).digest('hex').slice(0, 40)}`;
  if (process.platform === 'linux') return ownByName(`\0${name}`);
  if (process.platform === 'win32') return ownByName(`\\\\.\\pipe\\${name}`);
  return ownByExclusiveOpen(join(tmpdir(), `${name}.lock`));
}
