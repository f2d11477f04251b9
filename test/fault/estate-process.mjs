import { spawn } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..', '..');
const cli = join(root, 'dist', 'apps', 'cli', 'src', 'main.js');

function start(args) {
  const env = { ...process.env, INIT_CWD: root };
  delete env.EVENTSTORE_URL; // a killed import must be one of this test's own data folders
  delete env.MONGODB_URL;
  const child = spawn(process.execPath, [cli, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const [stdout, stderr] = [[], []];
  child.stdout.on('data', (chunk) => stdout.push(chunk));
  child.stderr.on('data', (chunk) => stderr.push(chunk));
  const ended = new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status, signal) => {
      resolve({ status, signal, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() });
    });
  });
  return { child, ended };
}

/** Runs a command of the built CLI to its end. */
export function estate(args) {
  return start(args).ended;
}

/** Runs a command that must succeed; its output is JSON. */
export async function estateJson(args) {
  const { status, stdout, stderr } = await estate(args);
  if (status !== 0) throw new Error(`estate ${args.join(' ')} ended with ${status}: ${stderr}`);
  return JSON.parse(stdout);
}

/** Starts a command and kills it after a while, unless it has ended by then; a command that fails by itself is an error. */
export async function killedImport(args, afterMs) {
  const { child, ended } = start(args);
  const timer = setTimeout(() => child.kill('SIGKILL'), afterMs);
  const { status, signal, stderr } = await ended;
  clearTimeout(timer);
  if (signal !== 'SIGKILL' && status !== 0) throw new Error(`estate ${args.join(' ')} ended with ${status}: ${stderr}`);
  return { wasKilled: signal === 'SIGKILL' };
}

const bytesOf = (file) => statSync(file, { throwIfNoEntry: false })?.size ?? 0;

/**
 * As `killedImport`, but the time begins when a file of the data folder starts to grow, which is when the import writes. Resolves
 * also to the time from then to the end.
 */
export async function killedWhileWriting(args, file, afterMs) {
  const emptyBytes = 200_000; // what the server itself puts into a new file is less
  const size = Math.max(bytesOf(file), emptyBytes);
  const { child, ended } = start(args);
  let wroteAt;
  let killer;
  const look = setInterval(() => {
    if (bytesOf(file) <= size) return;
    clearInterval(look);
    wroteAt = performance.now();
    killer = setTimeout(() => child.kill('SIGKILL'), afterMs);
  }, 2);
  const { status, signal, stderr } = await ended;
  clearInterval(look);
  clearTimeout(killer);
  if (signal !== 'SIGKILL' && status !== 0) throw new Error(`estate ${args.join(' ')} ended with ${status}: ${stderr}`);
  return { wasKilled: signal === 'SIGKILL', writingMs: wroteAt === undefined ? 0 : performance.now() - wroteAt };
}
