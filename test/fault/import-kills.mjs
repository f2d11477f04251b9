/**
 * kill -9 during imports, at random moments: the same import again must end with everything recorded once, `estate verify` must find
 * nothing, and every figure must equal that of an undisturbed run.
 *
 *   node test/fault/import-kills.mjs [--kills N] [--lines N] [--seed N]      after a build
 *
 * A data folder is killed a few times before its import is let through. Exit status 1 on any difference.
 */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { generateJournal } from '../bench/generate-journal.mjs';
import { estate, estateJson, killedImport, killedWhileWriting } from './estate-process.mjs';
import { differencesBetween, figuresOf } from './import-figures.mjs';
import { seededRandom } from './seeded-random.mjs';

const KILLS_PER_FOLDER = 3;
const COMMUNITY = 'yinghu';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '5' },
    lines: { type: 'string', default: '12000' },
    seed: { type: 'string' },
  },
});
const [kills, lines] = [Number(values.kills), Number(values.lines)];
const seed = Number(values.seed ?? Date.now() % 1_000_000);
const say = (line) => process.stderr.write(`${line}\n`);
const random = seededRandom(seed);

const eventsFile = (data) => join(data, 'events', 'data.mdb');
const importArgs = (journal, data) => [
  'import',
  'history',
  journal,
  '--community',
  COMMUNITY,
  '--data',
  data,
  '--json',
];

/** How long an import takes, and how long it writes: corrected by each that comes through, for the machine may have other work. */
const usual = { importMs: 0, writingMs: 0 };

/** Every other kill comes at any moment of an import's time, the others while it writes. */
async function killOnce(journal, data, n) {
  const args = importArgs(journal, data);
  const startedAt = performance.now();
  const { wasKilled, writingMs } =
    n % 2 === 0
      ? await killedWhileWriting(args, eventsFile(data), random() * usual.writingMs)
      : await killedImport(args, random() * usual.importMs);
  if (!wasKilled) usual.importMs = performance.now() - startedAt;
  if (!wasKilled && writingMs > 0) usual.writingMs = writingMs;
  return wasKilled;
}

/** Kills imports into one folder until it has had its share, or until one came through before its kill. */
async function disturb(journal, data, most) {
  let killed = 0;
  while (killed < most && (await killOnce(journal, data, killed))) killed += 1;
  return killed;
}

/** Lets the import through and checks the folder against the undisturbed one; returns what is wrong. */
async function check(journal, data, expected) {
  const report = await estateJson(importArgs(journal, data));
  const faults = [];
  const settled = report.imported + report.unchanged;
  if (settled !== lines || report.rejected.length > 0) faults.push(`the import settled ${settled} of ${lines} lines`);
  const again = await estateJson(importArgs(journal, data));
  if (again.unchanged !== lines) faults.push(`the same import again found ${again.unchanged} lines unchanged`);
  const verified = await estate(['verify', '--data', data, '--json']);
  if (verified.status !== 0) faults.push(`estate verify: ${verified.stdout.slice(0, 2000)}${verified.stderr}`);
  faults.push(...differencesBetween(expected, await figuresOf(data, COMMUNITY)));
  return { faults, resumed: report.unchanged };
}

const folder = await mkdtemp(join(tmpdir(), 'estate-fault-'));
let failures = 0;
try {
  const journal = join(folder, 'journal.csv');
  await generateJournal(journal, lines, seed);
  const undisturbed = join(folder, 'undisturbed');
  const startedAt = performance.now();
  const { writingMs } = await killedWhileWriting(importArgs(journal, undisturbed), eventsFile(undisturbed), 3_600_000);
  Object.assign(usual, { importMs: performance.now() - startedAt, writingMs });
  const expected = await figuresOf(undisturbed, COMMUNITY);
  say(
    `seed ${seed}: ${lines} lines, ${expected.events.length} events, undisturbed in ${Math.round(usual.importMs)} ms, writing ${Math.round(writingMs)}`,
  );
  for (let done = 0, round = 1; done < kills; round += 1) {
    const data = join(folder, `killed-${round}`);
    const killed = await disturb(journal, data, Math.min(KILLS_PER_FOLDER, kills - done));
    done += killed;
    if (killed === 0) continue;
    const { faults, resumed } = await check(journal, data, expected);
    say(
      `${done} of ${kills} kills: ${killed} in this folder, ${resumed} lines had survived: ${faults.length === 0 ? 'equal' : 'DIFFERENT'}`,
    );
    for (const fault of faults) say(`  ${fault}`);
    failures += faults.length;
    await rm(data, { recursive: true, force: true });
  }
  const left = (await readdir(tmpdir())).filter((name) => name.startsWith('estate-import-'));
  if (left.length > 0) say(`left in the temp folder by killed imports: ${left.length}`);
} finally {
  await rm(folder, { recursive: true, force: true });
}
process.stdout.write(`${JSON.stringify({ kills, failures })}\n`);
process.exitCode = failures === 0 ? 0 : 1;
