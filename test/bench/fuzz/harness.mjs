import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { residentMiB } from '../server-process.mjs';

const SAMPLE_MS = 1000;
const SPARE_FILES = 20;
/** By then the server has pinged those who are gone, and waited for their answer. */
const SETTLED_MS = 60_000;
const STALLED_MS = 10_000;
const attacker = join(import.meta.dirname, 'attacker.mjs');

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '0.3' }, seed: { type: 'string' } },
});
const seed = Number(values.seed ?? Date.now() % 1_000_000);
const end = Date.now() + Number(values.minutes) * 60_000;
const say = (line) => process.stderr.write(`${line}\n`);

function openFiles(pid) {
  try {
    return readdirSync(`/proc/${pid}/fd`).length;
  } catch {
    return 0;
  }
}

/**
 * Repeats an attack until the time is up, and counts its rounds. It has a process of its own: what it sends and then drops
 * can make Node's HTTP/2 client turn in circles, too. One that makes no progress is ended, and another goes on.
 */
async function repeat({ attacks, name }, server, firstSeed, counts, abort) {
  counts[name] = 0;
  for (let attempt = 0; Date.now() < end && !abort.signal.aborted; attempt += 1) {
    const input = JSON.stringify({ attacks, name, port: server.port, seed: firstSeed + attempt * 1000 });
    const child = spawn(process.execPath, [attacker, input], { stdio: ['pipe', 'pipe', 'inherit'] });
    const exited = once(child, 'exit');
    let lastRoundAt = Date.now();
    createInterface(child.stdout).on('line', () => {
      lastRoundAt = Date.now();
      counts[name] += 1;
    });
    const running = () => child.exitCode === null && child.signalCode === null;
    while (running() && Date.now() < end && !abort.signal.aborted && Date.now() - lastRoundAt < STALLED_MS) {
      await delay(100);
    }
    child.kill('SIGKILL');
    await exited;
  }
}

async function watchMemory(pid, abort) {
  const samples = [];
  while (Date.now() < end && !abort.signal.aborted) {
    const resident = residentMiB(pid);
    if (resident) samples.push(resident.own);
    await delay(SAMPLE_MS, undefined, { signal: abort.signal }).catch(() => undefined);
  }
  const at = (share) => samples[Math.floor((samples.length - 1) * share)];
  return { ownMiB: { start: at(0), quarter: at(0.25), half: at(0.5), end: at(1), peak: Math.max(...samples) } };
}

async function witnessUntilEnd(witness, abort) {
  try {
    while (Date.now() < end && !abort.signal.aborted) await witness.round();
  } finally {
    abort.abort();
  }
}

/** Lets what was left open time out, then says which files are open beyond those at the start. */
async function filesLeft(pid, before) {
  for (const until = Date.now() + SETTLED_MS; openFiles(pid) > before + SPARE_FILES && Date.now() < until;)
    await delay(200);
  return openFiles(pid) - before;
}

async function attack({ attacks, names, Witness }, server, counts) {
  const abort = new AbortController();
  void server.exited.then(() => abort.abort());
  const witness = new Witness(server.url);
  await witness.round();
  const before = openFiles(server.pid);
  const attacking = names.map((name, index) => repeat({ attacks, name }, server, seed + index, counts, abort));
  const memory = watchMemory(server.pid, abort);
  await Promise.all([witnessUntilEnd(witness, abort), ...attacking]);
  if (!server.running) throw new Error('the server has ended');
  await witness.checkAll();
  return { ...(await memory), witness, openFilesLeft: await filesLeft(server.pid, before) };
}

/**
 * Fuzzes a server for some minutes beside a client that does everything right and checks its answers, and ends the process: with 1
 * when the server ends, an answer is wrong or late, or memory or open files keep growing.
 * @param target its name; `start(dataDir)`, a server process; the `Witness` class; the module of `attacks`, and their names;
 *   `ownMiB`, what the server may use beside the files that it has mapped
 */
export async function fuzz(target) {
  const folder = await mkdtemp(join(tmpdir(), `${target.name}-fuzz-`));
  const counts = {};
  const faults = [];
  let result = {};
  let server = await target.start(folder);
  try {
    say(`seed ${seed}, ${values.minutes} minute(s)`);
    const { witness, ...figures } = await attack(target, server, counts);
    await witness.close();
    await server.close();
    server = await target.start(folder);
    witness.goOnWith(server.url);
    await witness.checkAll();
    await witness.close();
    result = { answersChecked: witness.answers, slowestAnswerMs: witness.slowestMs, ...figures };
    if (figures.ownMiB.peak > target.ownMiB) faults.push(`memory reached ${figures.ownMiB.peak} MiB`);
    if (figures.openFilesLeft > SPARE_FILES) faults.push(`${figures.openFilesLeft} files were left open`);
  } catch (error) {
    faults.push(error.message);
  } finally {
    await server.kill();
    await rm(folder, { recursive: true, force: true });
  }
  for (const fault of faults) say(fault);
  process.stdout.write(`${JSON.stringify({ seed, rounds: counts, ...result, failures: faults.length })}\n`);
  process.exit(faults.length === 0 ? 0 : 1);
}
