/**
 * One attack, round after round, until its input ends; prints a line for each round.
 *
 *   node attacker.mjs '{"attacks": MODULE, "name": ATTACK, "port": N, "seed": N}'
 */
import { Random } from './random.mjs';

const { attacks, name, port, seed } = JSON.parse(process.argv[2]);
const { ATTACKS } = await import(attacks);
const random = new Random(seed);
process.stdin.on('end', () => process.exit(0)).resume();
for (;;) {
  await ATTACKS[name](port, random);
  process.stdout.write('round\n');
}
