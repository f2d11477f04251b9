import {
  ControlDesk,
  Drain,
  LeaseContender,
  Operator,
  registerBuilds,
  type EventSource,
  type FoldedProjection,
  type OperationLog,
  type Projection,
} from '#libs/projection-engine';
import type { ControlAction, ControlRequest, ReadStore } from '#libs/read-store';
import { projections } from '#projections';

/** Counts the events of an account that a fee without an amount is on; that one it cannot fold, until it is mended. */
export const breakable = { isMended: false };
const counts: FoldedProjection<{ readonly fees: bigint }> = {
  name: 'counts',
  version: 1,
  eventTypes: ['FeeAssessed'],
  indexes: [],
  keys: ({ stream }) => [stream],
  evolve: (doc, { data }) => {
    if (!(data as { amount?: object }).amount && !breakable.isMended) throw new Error('a fee without an amount');
    return { fees: (doc?.fees ?? 0n) + 1n };
  },
};
export const workedOn: readonly Projection[] = [...projections, counts];

const CUT = { maxBatchEvents: 40, pageSize: 40, checkpointIntervalMs: 0 };
/** Signs of life come when they come: none does while this lasts. */
const NO_BEATS = { beatMs: 60_000, lookMs: 1, expiryMs: 300_000 };

/**
 * What a process does that is alone: it takes the lease, whoever had it, folds everything, and carries out all that is asked for. The code is mended
 * once all is folded. Nothing when somebody else has taken the lease in the same moment.
 */
export async function workThrough(store: ReadStore, source: EventSource): Promise<void> {
  const lease = { leases: store.leases, group: 'projections', holder: 'somebody', exclusive: true, now };
  const held = await new LeaseContender({ ...lease, timing: NO_BEATS }).look();
  if (!held) return;
  try {
    await workUnder(held.fence, store, source);
  } finally {
    await held.release().catch(() => undefined); // one that was stopped writes nothing more
  }
}

async function workUnder(fence: bigint, store: ReadStore, source: EventSource): Promise<void> {
  const own = store.withFence(fence);
  const shop = { ...CUT, store: own, source, projections: workedOn };
  await registerBuilds(shop, { by: 'projector', fence });
  const head = await source.headPosition();
  const checkpoints = await own.liveCheckpoints(workedOn);
  breakable.isMended = checkpoints.every((one) => one && one.position >= head);
  await new Drain({ ...shop, stores: own }).catchUp(head);
  breakable.isMended = true;
  const operator = new Operator({ ...shop, log: decisionsIn(own), hold: (work) => work(), fence: () => fence });
  const desk = new ControlDesk({ requests: own.requests, operator, fence });
  while ((await desk.serveNext(new AbortController().signal)) === 'served');
}

const now = (): string => new Date().toISOString();

/** In place of the audit trail: a decision that comes again is there already. */
function decisionsIn(store: ReadStore): OperationLog {
  const note = async (fact: object, { id }: { readonly id: string }): Promise<void> => {
    const _id = id as never;
    await store.collection('decisions').updateOne({ _id }, { $setOnInsert: { fact } }, { upsert: true });
  };
  return { switched: note, discarded: note };
}

/** Asks for everything that can be asked for, under ids of its own, in this order. */
export async function askForEverything(store: ReadStore, discarded: readonly string[]): Promise<void> {
  const accept = 'parked events are known';
  const asked: [ControlAction, ControlRequest['args']][] = [
    ...([
      ['rebuild', { name: 'ledger' }],
      ['compare', { name: 'ledger' }],
      ['switch', { name: 'ledger', accept }],
      ['rebuild', { name: 'arrears-totals' }],
      ['switch', { name: 'arrears-totals', accept }],
      ['rollback', { name: 'arrears-totals' }],
      ['drop', { name: 'arrears-totals', build: null }],
      ['retry', { id: null }],
    ] as [ControlAction, ControlRequest['args']][]),
    ...discarded.map((id): [ControlAction, ControlRequest['args']] => ['discard', { id, reason: 'not a fee' }]),
    ['rollback', { name: 'ledger' }],
  ];
  const requests = asked.map(([action, args], n): ControlRequest => ({
    ...{ _id: `request-${String(n).padStart(2, '0')}`, action, args, by: 'ann', state: 'requested', runner: null },
    ...{ progress: null, result: null, error: null, updatedAt: new Date() },
    requestedAt: new Date(Date.now() + n),
  }));
  await store.collection<ControlRequest>('read_model_requests').insertMany(requests);
}
