import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const folder = import.meta.dirname;

/** The event store or its bare counterpart (`input` as eventstoredb-server.mjs has it). */
export async function startServerProcess(input) {
  const server = await startProcess('eventstoredb-server.mjs', input);
  return Object.defineProperty(server, 'url', { value: `esdb://127.0.0.1:${server.port}?tls=false` });
}

/** The standalone MongoDB server on a folder, or with `{sample}` the bare one. */
export async function startMongoProcess(input) {
  const server = await startProcess(input.dataDir ? 'mongodb-server.mjs' : 'mongodb-bare-server.mjs', input);
  return Object.defineProperty(server, 'url', { value: `mongodb://127.0.0.1:${server.port}/?directConnection=true` });
}

/** Starts a server in a process of its own, so that neither its work nor its memory is the client's. */
async function startProcess(script, input) {
  const child = spawn(process.execPath, [join(folder, script), JSON.stringify(input)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const port = await Promise.race([
    once(createInterface(child.stdout), 'line').then(([line]) => line),
    exited.then(([code]) => Promise.reject(new Error(`the server ended with ${code}`))),
  ]);
  return {
    port: Number(port),
    pid: child.pid,
    exited,
    get running() {
      return child.exitCode === null && child.signalCode === null;
    },
    async close() {
      child.stdin.end();
      await exited;
    },
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

/**
 * Resident memory of a process in MiB: all of it, what is its own (heap, buffers), and what are pages of files, which the
 * system takes back when it needs them. Linux only; undefined elsewhere.
 */
export function residentMiB(pid) {
  let text;
  try {
    text = readFileSync(`/proc/${pid}/status`, 'utf8');
  } catch {
    return undefined;
  }
  const of = (name) => Math.round(Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(text)?.[1]) / 1024);
  return { all: of('VmRSS'), own: of('RssAnon'), files: of('RssFile'), peak: of('VmHWM') };
}
