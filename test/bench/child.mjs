import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** BENCH_PROFILES=FOLDER: each process writes a CPU profile there at its end. */
const { BENCH_PROFILES: profiles } = process.env;
const FLAGS = profiles ? ['--cpu-prof', `--cpu-prof-dir=${profiles}`] : [];

function start(script, input, stdio) {
  return spawn(process.execPath, [...FLAGS, join(import.meta.dirname, script), JSON.stringify(input)], { stdio });
}

/** Runs a script of this folder in a process of its own, so that rounds share neither heap nor peak; its answer is JSON. */
export function runAlone(script, input) {
  const child = start(script, input, ['ignore', 'pipe', 'inherit']);
  const chunks = [];
  child.stdout.on('data', (chunk) => chunks.push(chunk));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve(JSON.parse(Buffer.concat(chunks).toString()));
      else reject(new Error(`${script} ended with ${code}`));
    });
  });
}

/**
 * Starts a script that prints one line when it is ready, a port or an object of JSON, and ends when its input does: what it has
 * said, and how to end it.
 */
export async function startAlone(script, input = {}) {
  const child = start(script, input, ['pipe', 'pipe', 'inherit']);
  const exited = once(child, 'exit');
  const lines = createInterface(child.stdout);
  const said = await Promise.race([
    once(lines, 'line').then(([line]) => JSON.parse(line)),
    exited.then(([code]) => Promise.reject(new Error(`${script} ended with ${code}`))),
  ]);
  return {
    ...(typeof said === 'number' ? { port: said } : said),
    pid: child.pid,
    async close() {
      child.stdin.end();
      await exited;
    },
  };
}

/** Processor time of a process so far, in milliseconds. Linux only; undefined elsewhere. */
export function cpuMilliseconds(pid) {
  let text;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return undefined;
  }
  const [user, system] = text
    .slice(text.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 13);
  return (Number(user) + Number(system)) * MS_PER_TICK;
}

const MS_PER_TICK = 10;

/** What a script that `startAlone` started does at its end. */
export function whenInputEnds(close) {
  process.stdin.on('end', () => void Promise.resolve(close()).then(() => process.exit(0))).resume();
}

/** The answer of a script that `runAlone` started. */
export function answer(result) {
  process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit(0));
}
