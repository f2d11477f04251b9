/**
 * Folds all read models as a projector does, under its lease, and carries out what is asked of it; killed at any moment by whoever started it.
 *
 *   node projection-runner.mjs '{"eventstoreUrl", "mongodbUrl", "database", "head", "mode": "catch-up" | "live", "twice", "mended"}'
 *   → the line `ready`; works once stdin says anything; `writing` with the first write; `serving <action>` with each request that it takes; `done` when the
 *   position is reached and nothing more is asked for
 */
import { once } from 'node:events';
import { EventStore, Upcasters } from '#libs/event-store';
import { ControlDesk, Drain, LeaseContender, LeasedRunner, Operator, registerBuilds } from '#libs/projection-engine';
import { ReadStore } from '#libs/read-store';
import { projections } from '#projections';
import { breakable } from './poison.mjs';

const round = JSON.parse(process.argv[2]);
const head = BigInt(round.head);
const upcasters = new Upcasters();
const said = new Set();
const sayOnce = (line) => said.has(line) || (said.add(line) && process.stdout.write(`${line}\n`));
const WRITES = new Set(['insertPack', 'replace', 'park', 'saveCheckpoint']);

/** Stores that say when the first write is made. */
function telling(stores) {
  const wrapped = (store) =>
    new Proxy(store, {
      get: (target, name) => {
        const value = Reflect.get(target, name);
        if (!WRITES.has(name)) return typeof value === 'function' ? value.bind(target) : value;
        return (...args) => {
          sayOnce('writing');
          return value.apply(target, args);
        };
      },
    });
  return {
    projectionStore: (...args) => wrapped(stores.projectionStore(...args)),
    foldedBuilds: (models) => stores.foldedBuilds(models),
  };
}

/** Everything comes twice, and again with what follows. */
function deliveringTwice(events) {
  const source = readingFrom(events);
  return {
    ...source,
    async *readAll(options) {
      let before = [];
      for await (const page of source.readAll(options)) {
        yield page;
        yield [...before, ...page];
        before = page;
      }
    },
    async *subscribeAll(options) {
      let before = [];
      for await (const { events: page, upTo } of source.subscribeAll(options)) {
        yield { events: page, upTo };
        yield { events: [...before, ...page], upTo };
        before = page;
      }
    },
  };
}

function readingFrom(events) {
  const names = ['headPosition', 'readAll', 'readStream', 'subscribeAll'];
  return Object.fromEntries(names.map((name) => [name, events[name].bind(events)]));
}

/** In place of the audit trail in the event store, which all rounds share: a decision that comes again is there already. */
function decisionsIn(store) {
  const note = async ({ position: _, ...fact }, { id, by }) => {
    const decision = { $setOnInsert: { fact, by } };
    await store.collection('decisions').updateOne({ _id: id }, decision, { upsert: true });
  };
  return { switched: note, discarded: note };
}

/** Connections may be reset while the first one is made. */
async function connected() {
  for (;;) {
    const store = await ReadStore.connect(round.mongodbUrl, { database: round.database }).catch(() => undefined);
    if (store) return store;
  }
}

const events = EventStore.connect(round.eventstoreUrl);
const store = await connected();
const source = round.twice ? deliveringTwice(events) : readingFrom(events);
const folded = [...projections, breakable(round.mended)];
const common = {
  ...{ source, projections: folded, upcast: (event) => upcasters.dataOf(event) },
  ...{ maxBatchEvents: 40, pageSize: 30, deferral: { events: 120, documents: 60 }, checkpointIntervalMs: 20 },
};
// The one before was killed: nobody else can hold the lease, and there is no need to wait for it.
const now = () => new Date().toISOString();
const lease = { leases: store.leases, group: 'projections', holder: `${process.pid}`, exclusive: true, now };

async function catchUp() {
  const held = await new LeaseContender(lease).look();
  await new Drain({ ...common, stores: telling(store.withFence(held.fence)) }).catchUp(head);
}

/** What is asked of it while it folds. */
function serve({ fence, hold }, signal) {
  const own = store.withFence(fence);
  const shop = { ...common, store: own };
  const operator = new Operator({ ...shop, log: decisionsIn(store), hold, fence: () => fence });
  const execute = (request, ...rest) => {
    sayOnce('writing');
    process.stdout.write(`serving ${request.action}\n`);
    return operator.execute(request, ...rest);
  };
  const prepare = () => registerBuilds(shop, { by: 'projector', fence });
  return new ControlDesk({ requests: store.requests, operator: { execute }, prepare, fence, pollMs: 10 }).run(signal);
}

async function live() {
  const stop = new AbortController();
  const runner = new LeasedRunner({
    ...{ ...common, lease, fencedStores: (fence) => telling(store.withFence(fence)), beside: serve },
  });
  const running = runner.run(stop.signal);
  while (!(await isDone())) await Promise.race([running, new Promise((resolve) => setTimeout(resolve, 20))]);
  stop.abort();
  await running;
}

async function isDone() {
  try {
    const checkpoints = await store.liveCheckpoints(folded);
    return checkpoints.every((one) => one && one.position >= head) && (await store.requests.listOpen()).length === 0;
  } catch {
    return false; // a connection that was broken
  }
}

process.stdout.write('ready\n');
await once(process.stdin, 'data');
await (round.mode === 'catch-up' ? catchUp() : live());
process.stdout.write('done\n');
