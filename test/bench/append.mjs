import { runAlone } from './child.mjs';
import { median, perSecond, rounded } from './figures.mjs';

const IN_FLIGHT = 64;

/**
 * Appends through the whole command path against the bare client, as many in flight, on the same server: per second, and the median of
 * the rounds' ratios.
 */
export async function appendsOf({ eventstoreUrl, commands, rounds, say }) {
  const input = { eventstoreUrl, commands, rounds, inFlight: IN_FLIGHT };
  const measured = (await runAlone('append-round.mjs', input)).rounds;
  const of = (way) => measured.map((turn) => perSecond(commands, turn[way]));
  const [bare, command] = [of('bare'), of('command')];
  say(`append: bare ${bare.join(', ')} events/s; commands ${command.join(', ')}`);
  const ratio = rounded(median(measured.map((turn) => turn.bare / turn.command)));
  return { bare: Math.round(median(bare)), command: Math.round(median(command)), ratio, inFlight: IN_FLIGHT };
}
