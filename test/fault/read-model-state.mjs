import { createHash } from 'node:crypto';
import { ReadStore } from '#libs/read-store';

/** What tells when, how often and by whom something was written, and not what was folded or decided. */
const CIRCUMSTANCES = {
  ...{ updatedAt: 0, fence: 0, parkedAt: 0, stack: 0, 'parked.fence': 0, at: 0, revision: 0, 'builds.at': 0 },
  ...{ requestedAt: 0, runner: 0, begun: 0, progress: 0, result: 0, 'last.result': 0, 'discard.at': 0 },
};
/** Requests expire; these are carried out however long the kills take. */
const UNHURRIED_MS = 86_400_000;
const NOT_COMPARED = ['leases'];

/** A digest of each collection of a database: documents, checkpoints, parked events, builds, what came of requests. */
export async function digests(mongodbUrl, database) {
  return inStore(mongodbUrl, database, async (store) => {
    const found = {};
    for (const name of await store.listCollections()) {
      if (NOT_COMPARED.includes(name)) continue;
      // The revision of a parked event is its own; that of a registry entry counts changes, some of which were made again.
      const { revision, ...others } = CIRCUMSTANCES;
      const projection = name === 'read_models' ? { ...others, revision } : others;
      const hash = createHash('sha256');
      const cursor = store.collection(name).find({}, { raw: true, projection }).sort({ _id: 1 });
      for await (const document of cursor) hash.update(document);
      found[name] = hash.digest('hex');
    }
    return found;
  });
}

export function differences(expected, found) {
  const names = [...new Set([...Object.keys(expected), ...Object.keys(found)])].sort();
  return names.filter((name) => expected[name] !== found[name]);
}

export async function inStore(mongodbUrl, database, work) {
  const store = await ReadStore.connect(mongodbUrl, { database });
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

/** Asks for everything that can be asked of a projector, on read models with parked events: the same every time. */
export async function askForEverything(mongodbUrl, database) {
  await inStore(mongodbUrl, database, async (store) => {
    const heads = [];
    for await (const { _id, model } of store.parked.listHeads()) heads.push({ _id, model });
    const parkedOf = (wanted) => heads.filter(({ model }) => model === wanted).map(({ _id }) => _id);
    const accept = 'parked events are known';
    const discard = (id) => ['discard', { id, reason: 'not a fee' }];
    const asked = [
      ...[
        ['rebuild', { name: 'ledger' }],
        ['compare', { name: 'ledger' }],
        ['switch', { name: 'ledger', accept }],
      ],
      ...[
        ['rebuild', { name: 'arrears-totals' }],
        ['switch', { name: 'arrears-totals', accept }],
      ],
      ...[
        ['rollback', { name: 'arrears-totals', accept }],
        ['drop', { name: 'arrears-totals', build: null }],
      ],
      ...[
        ['rebuild', { name: 'case-queue' }],
        ['switch', { name: 'case-queue', accept: null }],
      ],
      ['retry', { id: null }],
      ...[...parkedOf('conservation'), ...parkedOf('ledger')].map(discard),
      ...[
        ['rollback', { name: 'ledger', accept }],
        ['rebuild', { name: 'arrears-totals' }],
      ],
    ];
    const times = (n) => ({ requestedAt: new Date(Date.now() + UNHURRIED_MS + n), updatedAt: new Date() });
    const request = ([action, args], n) => ({
      ...{ _id: `request-${String(n).padStart(2, '0')}`, action, args, by: 'ann', state: 'requested' },
      ...{ runner: null, progress: null, result: null, error: null, ...times(n) },
    });
    await store.collection('read_model_requests').insertMany(asked.map(request));
  });
}
