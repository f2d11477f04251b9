/**
 * Fuzzes the standalone event store: random bytes, cut-off and oversized frames, valid messages with random fields.
 *
 *   npm run fuzz -- eventstoredb [--minutes M] [--seed N]
 */
import { startServerProcess } from '../server-process.mjs';
import { ATTACKS } from './attacks.mjs';
import { fuzz } from './harness.mjs';
import { Witness } from './witness.mjs';

await fuzz({
  name: 'eventstoredb',
  start: (dataDir) => startServerProcess({ dataDir }),
  Witness,
  attacks: './attacks.mjs',
  names: Object.keys(ATTACKS),
  // Its caches have bounds, and are full well below this.
  ownMiB: 400,
});
