/**
 * Queries of dashboards, on current totals and on pages, over read models that are folded first.
 *
 *   node query-round.mjs '{"eventstoreUrl": URL, "mongodbUrl": URL, "communityId": ID, "accounts": N, "queries": N}'
 *   → {"ledgerLines", "queries": {NAME: {"p50Ms", "p99Ms", "documentsExamined"}}, "times": [MS…]}
 */
import { EventStore, Upcasters } from '#libs/event-store';
import { Drain } from '#libs/projection-engine';
import { ReadStore } from '#libs/read-store';
import {
  AuditTrailReader,
  CaseQueueReader,
  CurrentArrearsReader,
  LedgerReader,
  ledgerProjection,
  projections,
} from '#projections';
import { answer } from './child.mjs';
import { percentile, rounded } from './figures.mjs';
import { accountIdOf } from './made-up-log.mjs';

const PAGE = 100;
const WARM_UP = 20;
const { eventstoreUrl, mongodbUrl, communityId, accounts, queries } = JSON.parse(process.argv[2]);
const store = await ReadStore.connect(mongodbUrl, { database: 'bench_query' });
const [ledger, arrears, audit, cases] = [LedgerReader, CurrentArrearsReader, AuditTrailReader, CaseQueueReader].map(
  (reader) => new reader(store),
);
const today = new Date().toISOString().slice(0, 10);
const now = new Date().toISOString();
const pageSize = PAGE + 1;

async function fold() {
  const source = EventStore.connect(eventstoreUrl);
  const upcasters = new Upcasters();
  const upcast = (event) => upcasters.dataOf(event);
  const head = await source.headPosition();
  await new Drain({ source, stores: store, projections, upcast }).catchUp(head);
  await source.close();
  return head;
}

/** What a page takes of a list. */
async function pageOf(items) {
  let taken = 0;
  for await (const _ of items) if ((taken += 1) > PAGE) break;
  return taken;
}

/** Of an answer of `explain`, wherever the server says it. */
function examined(plan) {
  const text = JSON.stringify(plan, (_key, value) => (typeof value === 'bigint' ? Number(value) : value));
  return Number(/"totalDocsExamined":(\d+)/.exec(text)[1]);
}

function dashboard(head) {
  // Of the first half: there is a page behind each.
  const account = (n) => accountIdOf((n * 7919) % Math.ceil(accounts / 2));
  const list = (n) => ({ communityId, asOf: today, position: head, pageSize, afterAccount: account(n) });
  const lines = (n) => ({ communityId, accountId: account(n), position: head, pageSize });
  const trail = (n) => ({ communityId, after: (head * BigInt(n % 100)) / 101n, position: head, pageSize });
  const queue = { communityId, now, pageSize };
  const STATS = 'executionStats';
  return {
    communityArrears: [
      () => arrears.findTotals({ communityId, asOf: today }),
      async (n) => (await arrears.explain(list(n), STATS))[0],
    ],
    accountArrears: [
      (n) => pageOf(arrears.listAccounts(list(n))),
      async (n) => (await arrears.explain(list(n), STATS))[1],
    ],
    ledgerPage: [(n) => pageOf(ledger.listLines(lines(n))), (n) => ledger.explain(lines(n), STATS)],
    caseQueue: [() => pageOf(cases.listCases(queue)), () => cases.explain(queue, STATS)],
    auditPage: [(n) => pageOf(audit.listEntries(trail(n))), (n) => audit.explain(trail(n), STATS)],
  };
}

const head = await fold();
const result = {};
const times = [];
for (const [name, [ask, explain]] of Object.entries(dashboard(head))) {
  const own = [];
  let documentsExamined = 0;
  for (let n = 0; n < WARM_UP; n += 1) documentsExamined = Math.max(documentsExamined, examined(await explain(n)));
  for (let n = 0; n < queries + WARM_UP; n += 1) {
    const startedAt = performance.now();
    if (!(await ask(n))) throw new Error(`${name} answered nothing`);
    if (n >= WARM_UP) own.push(performance.now() - startedAt);
  }
  times.push(...own);
  result[name] = { p50Ms: rounded(percentile(own, 50), 2), p99Ms: rounded(percentile(own, 99), 2), documentsExamined };
}
const ledgerLines = await (await store.liveCollection(ledgerProjection)).estimatedDocumentCount();
await store.dropDatabase();
await store.close();
answer({ ledgerLines, queries: result, times });
