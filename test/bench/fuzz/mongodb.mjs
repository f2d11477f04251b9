/**
 * Fuzzes the standalone MongoDB server: random bytes, cut-off and oversized frames, lying lengths, valid messages with random
 * fields.
 *
 *   npm run fuzz -- mongodb [--minutes M] [--seed N]
 */
import { startMongoProcess } from '../server-process.mjs';
import { fuzz } from './harness.mjs';
import { ATTACKS } from './mongodb-attacks.mjs';
import { Witness } from './mongodb-witness.mjs';

await fuzz({
  name: 'mongodb',
  start: (dataDir) => startMongoProcess({ dataDir }),
  Witness,
  attacks: './mongodb-attacks.mjs',
  names: Object.keys(ATTACKS),
  // Sorts and groups may hold 100 MiB each for a moment.
  ownMiB: 500,
});
