/**
 * One import through the whole path, on a fresh data folder; notes which appends were made.
 *
 *   node import-round.mjs '{"journal": FILE, "dataDir": FOLDER, "grouping": FILE}'
 *   → {"milliseconds", "cpuMilliseconds", "events", "peakRssMiB"}
 */
import { writeFileSync } from 'node:fs';
import { EventStore, Upcasters } from '#libs/event-store';
import { importHistory } from '../../dist/apps/cli/src/import-history/import-history.js';
import { importStores } from '../../dist/apps/cli/src/import-history/import-stores.js';
import { startEventStore } from './standalone-server.mjs';

const { journal, dataDir, grouping } = JSON.parse(process.argv[2]);
const server = await startEventStore(dataDir);
const eventStore = EventStore.connect(server.url);
const appends = [];
let events = 0;
const append = eventStore.append.bind(eventStore);
eventStore.append = async (stream, expected, batch) => {
  const result = await append(stream, expected, batch);
  appends.push(`${stream}\t${batch.length}\n`);
  events += batch.length;
  return result;
};

const startedAt = performance.now();
const cpuAtStart = process.cpuUsage();
const report = await importHistory(importStores({ eventStore, upcasters: new Upcasters() }), {
  path: journal,
  communityId: 'bench',
});
const milliseconds = performance.now() - startedAt;
const { user, system } = process.cpuUsage(cpuAtStart);
const peakRssMiB = Math.round(process.resourceUsage().maxRSS / 1024);
if (report.imported !== report.lines) throw new Error(`only ${report.imported} of ${report.lines} lines were imported`);
writeFileSync(grouping, appends.join(''));
await eventStore.close();
await server.close();
process.stdout.write(
  `${JSON.stringify({ milliseconds, cpuMilliseconds: (user + system) / 1000, events, peakRssMiB })}\n`,
);
process.exit(0);
