import { runAlone } from './child.mjs';
import { percentile, rounded } from './figures.mjs';
import { startFilled } from './replay.mjs';

const DEFAULT_EVENTS = 200_000;
const QUERIES = 200;

/** Queries of dashboards by the readers, one at a time: times of all of them together, the most documents that one looks at, and each. */
export async function queriesOf({ eventstoreUrl, mongodbUrl, log, say }) {
  const input = { eventstoreUrl, mongodbUrl, communityId: 'bench', accounts: log.accounts, queries: QUERIES };
  const { ledgerLines, queries, times } = await runAlone('query-round.mjs', input);
  for (const [name, own] of Object.entries(queries)) say(`query ${name}: ${JSON.stringify(own)}`);
  return {
    p50Ms: rounded(percentile(times, 50), 2),
    p99Ms: rounded(percentile(times, 99), 2),
    documentsExamined: Math.max(...Object.values(queries).map(({ documentsExamined }) => documentsExamined)),
    ledgerLines,
    queries,
  };
}

/** Dashboard queries at so many events, of which some six in ten are ledger lines. */
export async function run({ events = DEFAULT_EVENTS, say }) {
  const filled = await startFilled(events, say);
  try {
    return await queriesOf({ ...filled, say });
  } finally {
    await filled.close();
  }
}
