import { appendsOf } from './append.mjs';
import { run as runImport } from './import.mjs';
import { queriesOf } from './query.mjs';
import { growthOf, speedOf, startFilled } from './replay.mjs';

const DEFAULT_EVENTS = 60_000;
const DEFAULT_LINES = 40_000;
const DEFAULT_ROUNDS = 3;
const COMMANDS_PER_ROUND = 3_000;

/**
 * What fast means (architecture.md §7), in one run: appends and imports in events per second beside the bare client, the rebuild of all read
 * models beside a bare drain, queries in milliseconds, and what ten times the events cost.
 */
export async function run({ events = DEFAULT_EVENTS, lines = DEFAULT_LINES, rounds = DEFAULT_ROUNDS, say }) {
  const filled = await startFilled(events, say);
  try {
    const { peaks, ...replay } = await speedOf({ ...filled, rounds, say });
    const growth = await growthOf({ ...filled, peaks, say });
    const query = await queriesOf({ ...filled, say });
    const append = await appendsOf({ ...filled, commands: COMMANDS_PER_ROUND, rounds: 2 * rounds - 1, say });
    const imported = await runImport({ lines, rounds, say });
    const { bareDrainPerSec: bareDrain, sinkPerSec: sink, replayPerSec: rebuild, ...rest } = replay;
    return { append, import: imported, replay: { bareDrain, sink, rebuild, ...rest }, query, growth };
  } finally {
    await filled.close();
  }
}
