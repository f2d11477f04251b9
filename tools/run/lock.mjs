import { createHash } from 'node:crypto';
import { closeSync, constants, openSync, realpathSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * One name, one holder; the kernel frees it at once when the holder dies, however it dies: an abstract unix socket on Linux, a named
 * pipe on Windows, an exclusive open on the BSDs and macOS.
 */
async function tryLock(name) {
  if (process.platform === 'linux' || process.platform === 'win32') return trySocket(name);
  const exclusiveLock = 0x20; // O_EXLOCK of open(2) there; Node has no constant for it
  try {
    const flags = constants.O_RDWR | constants.O_CREAT | constants.O_NONBLOCK | exclusiveLock;
    const file = openSync(join(tmpdir(), `${name}.lock`), flags, 0o600);
    return () => closeSync(file);
  } catch (error) {
    if (error.code === 'EAGAIN' || error.code === 'EWOULDBLOCK') return undefined;
    throw error;
  }
}

function trySocket(name) {
  const path = process.platform === 'win32' ? `\\\\.\\pipe\\${name}` : `\0${name}`;
  return new Promise((resolve, reject) => {
    const server = net.createServer((socket) => socket.destroy());
    server.once('error', (error) => (error.code === 'EADDRINUSE' ? resolve(undefined) : reject(error)));
    server.listen(path, () => {
      server.unref();
      resolve(() => server.close());
    });
  });
}

/** Runs `work` while no other process does so for the same folder and purpose; says on stderr when it has to wait. */
export async function withLock(folder, purpose, work) {
  const name = `estate-${purpose}-${createHash('sha256').update(realpathSync(folder)).digest('hex').slice(0, 32)}`;
  let release = await tryLock(name);
  if (!release) process.stderr.write(`estate-ledger: waiting for another ${purpose} of this folder …\n`);
  while (!release) {
    await sleep(50);
    release = await tryLock(name);
  }
  try {
    return await work();
  } finally {
    release();
  }
}
