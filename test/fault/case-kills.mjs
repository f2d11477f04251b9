/**
 * kill -9 during imports of a help-desk log, at random moments: the same import again must end with every line recorded once,
 * `estate verify` must find nothing, and every figure must equal that of an undisturbed run.
 *
 *   node test/fault/case-kills.mjs [--kills N] [--cases N] [--seed N]      after a build
 *
 * A data folder is killed several times before its import is let through. Exit status 1 on any difference.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual, parseArgs } from 'node:util';
import { estate, estateJson, killedImport } from './estate-process.mjs';
import { seededRandom } from './seeded-random.mjs';

const KILLS_PER_FOLDER = 4;
const COMMUNITY = 'yinghu';
const PERIODS = [
  ['2026-01-01', '2026-12-31', '2026-12-31'],
  ['2026-02-01', '2026-02-28', '2026-03-01'],
];
const WORDS = ['accepted', 'waiting', 'resolved', 'closed', 'noted', 'escalated', 'rejected', 'duplicate'];

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '5' },
    cases: { type: 'string', default: '400' },
    seed: { type: 'string' },
  },
});
const [kills, cases] = [Number(values.kills), Number(values.cases)];
const seed = Number(values.seed ?? Date.now() % 1_000_000);
const say = (line) => process.stderr.write(`${line}\n`);

const draw = seededRandom(seed);
const random = (below = 1) => draw() * below;

function log() {
  const rows = [];
  for (let number = 0; number < cases; number += 1) {
    let at = Date.parse('2026-01-10T00:00:00Z') + Math.floor(random(60 * 86_400)) * 1000;
    for (let left = 1 + Math.floor(random(12)); left > 0; left -= 1) {
      const word = WORDS[Math.floor(random(WORDS.length))];
      rows.push(`C-${number},${new Date(at).toISOString()},${word},1,agent-${left % 4},team-${number % 3},c-${number}`);
      at += Math.floor(random(4 * 86_400)) * 1000;
    }
  }
  return rows;
}

const importArgs = (file, data) => ['import', 'cases', file, '--community', COMMUNITY, '--data', data, '--json'];

/** What does not depend on when events were recorded; envelopes are sealed anew in every run. */
function comparable({ stream, revision, id, type, data, metadata }) {
  const { recordedAt: _recordedAt, hash: _hash, prevHash: _prevHash, ...rest } = metadata;
  const sealed = data.customer ? { customer: data.customer.kid } : {};
  return { stream, revision, id, type, data: { ...data, ...sealed }, metadata: rest };
}

async function figuresOf(data) {
  const figures = [];
  for (const [from, to, asOf] of PERIODS) {
    const args = ['report', 'service', '--community', COMMUNITY, '--from', from, '--to', to, '--as-of', asOf];
    figures.push(await estateJson([...args, '--by', 'team', '--data', data, '--json']));
  }
  const { status, stdout, stderr } = await estate(['export', 'events', '--community', COMMUNITY, '--data', data]);
  if (status !== 0) throw new Error(`estate export events ended with ${status}: ${stderr}`);
  const events = stdout.trimEnd().split('\n').slice(0, -1);
  const byPlace = (a, b) =>
    a.stream === b.stream ? Number(a.revision) - Number(b.revision) : a.stream < b.stream ? -1 : 1;
  return { figures, events: events.map((line) => comparable(JSON.parse(line))).sort(byPlace) };
}

/** Kills imports into one folder until it has had its share, or until one came through before its kill. */
async function disturb(file, data, { most, longestMs }) {
  let killed = 0;
  while (killed < most) {
    const { wasKilled } = await killedImport(importArgs(file, data), longestMs * (0.3 + random(0.7)));
    if (!wasKilled) break;
    killed += 1;
  }
  return killed;
}

/** Lets the import through and checks the folder against the undisturbed one; returns what is wrong. */
async function check(file, data, lines, expected) {
  const faults = [];
  const report = await estateJson(importArgs(file, data));
  if (report.imported + report.unchanged !== lines)
    faults.push(`the import settled ${JSON.stringify(report)} of ${lines}`);
  const again = await estateJson(importArgs(file, data));
  if (again.unchanged !== lines) faults.push(`the same import again found ${again.unchanged} lines unchanged`);
  const verified = await estate(['verify', '--data', data, '--json']);
  if (verified.status !== 0) faults.push(`estate verify: ${verified.stdout.slice(0, 2000)}${verified.stderr}`);
  const found = await figuresOf(data);
  for (const name of Object.keys(expected)) {
    if (!isDeepStrictEqual(expected[name], found[name])) faults.push(`${name} are different`);
  }
  return { faults, resumed: report.unchanged };
}

const folder = await mkdtemp(join(tmpdir(), 'estate-fault-'));
let failures = 0;
try {
  const file = join(folder, 'cases.csv');
  const rows = log();
  await writeFile(file, ['case,at,activity,severity,agent,team,customer', ...rows, ''].join('\n'));
  const undisturbed = join(folder, 'undisturbed');
  const startedAt = performance.now();
  const report = await estateJson(importArgs(file, undisturbed));
  const longestMs = performance.now() - startedAt;
  if (report.imported !== rows.length) throw new Error(`the undisturbed import recorded ${report.imported} lines`);
  const expected = await figuresOf(undisturbed);
  say(
    `seed ${seed}: ${rows.length} lines, ${expected.events.length} events, undisturbed in ${Math.round(longestMs)} ms`,
  );
  for (let done = 0, round = 1; done < kills; round += 1) {
    const data = join(folder, `killed-${round}`);
    const killed = await disturb(file, data, { most: Math.min(KILLS_PER_FOLDER, kills - done), longestMs });
    done += killed;
    const { faults, resumed } = await check(file, data, rows.length, expected);
    const outcome = faults.length === 0 ? 'equal' : 'DIFFERENT';
    say(`${done} of ${kills} kills: ${killed} in this folder, ${resumed} lines had survived: ${outcome}`);
    for (const fault of faults) say(`  ${fault}`);
    failures += faults.length;
    await rm(data, { recursive: true, force: true });
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
process.stdout.write(`${JSON.stringify({ kills, failures })}\n`);
process.exitCode = failures === 0 ? 0 : 1;
