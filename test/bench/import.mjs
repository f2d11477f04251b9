import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runAlone } from './child.mjs';
import { median } from './figures.mjs';
import { generateJournal } from './generate-journal.mjs';

const DEFAULT_LINES = 100_000;
const IN_FLIGHT = 32;

/**
 * Import through the whole path against the bare client appending the same events to the same streams in the same grouping
 * (architecture.md §7), in turns, each on a fresh data folder. Both speeds are in lines per second, so that
 * ratio = linesPerSec ÷ bareAppendPerSec; peakRssMiB is that of an importing process with its server.
 */
export async function run({ lines = DEFAULT_LINES, rounds = lines > 300_000 ? 1 : 3, say }) {
  const folder = await mkdtemp(join(tmpdir(), 'estate-bench-'));
  const imports = [];
  const bares = [];
  let peakRssMiB = 0;
  try {
    const journal = join(folder, 'journal.csv');
    const grouping = join(folder, 'grouping.tsv');
    const accounts = await generateJournal(journal, lines);
    say(`${lines} lines on ${accounts} accounts, ${rounds} round(s)`);
    for (let round = 1; round <= rounds; round += 1) {
      const [source, target] = [join(folder, `import-${round}`), join(folder, `bare-${round}`)];
      const imported = await runAlone('import-round.mjs', { journal, dataDir: source, grouping });
      const bare = await runAlone('import-bare-round.mjs', { source, target, grouping, inFlight: IN_FLIGHT });
      await Promise.all([source, target].map((path) => rm(path, { recursive: true })));
      say(
        `round ${round}: ${describe(imported)} by import, ${describe(bare)} by the bare client, peak ${imported.peakRssMiB} MiB`,
      );
      imports.push(imported.milliseconds);
      bares.push(bare.milliseconds);
      peakRssMiB = Math.max(peakRssMiB, imported.peakRssMiB);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  const perSecond = (milliseconds) => Math.round((lines / milliseconds) * 1000);
  const [importing, bare] = [median(imports), median(bares)];
  const ratio = Number((bare / importing).toFixed(3));
  return { linesPerSec: perSecond(importing), bareAppendPerSec: perSecond(bare), ratio, peakRssMiB };
}

function describe({ milliseconds, cpuMilliseconds, events }) {
  const seconds = (value) => (value / 1000).toFixed(2);
  return `${seconds(milliseconds)} s, ${seconds(cpuMilliseconds)} s of CPU (${Math.round((events / milliseconds) * 1000)} events/s)`;
}
