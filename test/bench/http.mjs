import { mkdtemp, rm } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import autocannon from 'autocannon';
import { cpuMilliseconds, startAlone } from './child.mjs';
import { median, rounded } from './figures.mjs';
import { feeBody, feePath } from './http-requests.mjs';

const COMMUNITY = 'bench';
const ACCOUNTS = 512;
const CONNECTIONS = 32;
const ROUND_SECONDS = 4;
const WARM_UP_SECONDS = 2;

/** Every connection begins at another account, so that no two of them write to the same stream at a time. */
function requestsOf(headers, keyed) {
  const requests = Array.from({ length: ACCOUNTS }, (_, number) => {
    const request = { method: 'POST', path: feePath(COMMUNITY, number), headers, body: JSON.stringify(feeBody) };
    if (!keyed) return request;
    return {
      ...request,
      setupRequest: (own) => ({ ...own, headers: { ...headers, 'idempotency-key': randomUUID() } }),
    };
  });
  let connections = 0;
  return () => {
    const first = (connections++ * Math.floor(ACCOUNTS / CONNECTIONS)) % ACCOUNTS;
    return [...requests.slice(first), ...requests.slice(0, first)];
  };
}

async function drive({ url, pid }, headers, { seconds, keyed = false }) {
  const next = requestsOf(headers, keyed);
  const cpuBefore = cpuMilliseconds(pid);
  const { requests, latency, errors, non2xx } = await autocannon({
    ...{ url, connections: CONNECTIONS, duration: seconds, requests: next() },
    setupClient: (client) => client.setRequests(next()),
  });
  if (errors + non2xx > 0) throw new Error(`${errors} requests failed, ${non2xx} were refused`);
  const cpuMs = (cpuMilliseconds(pid) - cpuBefore) / requests.total;
  return { perSecond: requests.average, p99Ms: latency.p99, cpuMs };
}

/**
 * A command over HTTP (a fee is assessed: token, role, validation, decision, append, answer) beside a bare Fastify handler that does
 * one append of the same event, on the same event store, in turns; `keyed` is the same with an idempotency key with each request.
 */
export async function run({ rounds = 3, say }) {
  const dataDir = await mkdtemp(join(tmpdir(), 'estate-bench-'));
  const { eventstoreUrl, mongodbUrl, close } = await startAlone('stores-server.mjs', { dataDir });
  const stores = { eventstoreUrl, mongodbUrl };
  const api = await startAlone('http-server.mjs', {
    way: 'api',
    ...stores,
    communityId: COMMUNITY,
    accounts: ACCOUNTS,
  });
  const bare = await startAlone('http-server.mjs', { way: 'bare', ...stores, sample: api.sample });
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${api.token}` };
  const ways = {
    bare: (seconds) => drive(bare, headers, { seconds }),
    command: (seconds) => drive(api, headers, { seconds }),
    keyed: (seconds) => drive(api, headers, { seconds, keyed: true }),
  };
  const results = { bare: [], command: [], keyed: [] };
  try {
    for (const way of Object.values(ways)) await way(WARM_UP_SECONDS);
    for (let round = 1; round <= rounds; round += 1) {
      const order = round % 2 === 1 ? ['bare', 'command', 'keyed'] : ['keyed', 'command', 'bare'];
      for (const way of order) results[way].push(await ways[way](ROUND_SECONDS));
      const shown = Object.entries(results).map(([way, turns]) => `${way} ${Math.round(turns.at(-1).perSecond)}/s`);
      say(`http round ${round}: ${shown.join(', ')}`);
    }
  } finally {
    await Promise.all([api.close(), bare.close()]);
    await close();
    await rm(dataDir, { recursive: true, force: true });
  }
  const speed = (way) => Math.round(median(results[way].map(({ perSecond }) => perSecond)));
  const ratio = (way) =>
    rounded(median(results[way].map(({ perSecond }, round) => perSecond / results.bare[round].perSecond)));
  const cpuMs = (way) => rounded(median(results[way].map((turn) => turn.cpuMs)));
  return {
    ...{ barePerSec: speed('bare'), commandPerSec: speed('command'), ratio: ratio('command') },
    p99Ms: median(results.command.map(({ p99Ms }) => p99Ms)),
    cpuMsPerRequest: { bare: cpuMs('bare'), command: cpuMs('command'), keyed: cpuMs('keyed') },
    keyed: { commandPerSec: speed('keyed'), ratio: ratio('keyed') },
  };
}
