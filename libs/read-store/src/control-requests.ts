import { randomUUID } from 'node:crypto';
import type { Collection } from 'mongodb';

export type ControlAction = 'rebuild' | 'compare' | 'switch' | 'rollback' | 'drop' | 'retry' | 'discard';

/** What is asked for, and what came of it; JSON values only. */
export interface ControlRequest {
  readonly _id: string;
  readonly action: ControlAction;
  readonly args: Readonly<Record<string, string | null>>;
  readonly by: string;
  readonly state: 'requested' | 'running' | 'done' | 'failed';
  /** Who carries it out; another takes it over that holds a later lease, or when it has not been heard of for a while. */
  readonly runner: string | null;
  /** Token of the lease under which it is carried out. */
  readonly fence?: bigint;
  /** How often it was begun; more than once: a runner before was cut off, who knows where. */
  readonly begun?: number;
  readonly progress: Readonly<Record<string, number | string | null>> | null;
  readonly result: object | null;
  readonly error: { readonly code: string; readonly message: string } | null;
  readonly requestedAt: Date;
  readonly updatedAt: Date;
}

/** How long a runner may be silent before its work is taken over. */
const SILENT_MS = 5_000;

/** Work on read models that is asked for in one process and done in the one that folds them. */
export class ControlRequests {
  constructor(private readonly requests: Collection<ControlRequest>) {}

  async add(action: ControlAction, args: ControlRequest['args'], by: string): Promise<ControlRequest> {
    const now = new Date();
    const request: ControlRequest = {
      ...{ _id: randomUUID(), action, args, by, state: 'requested', runner: null },
      ...{ progress: null, result: null, error: null, requestedAt: now, updatedAt: now },
    };
    await this.requests.insertOne(request);
    return request;
  }

  async find(id: string): Promise<ControlRequest | undefined> {
    return (await this.requests.findOne({ _id: id })) ?? undefined;
  }

  /** What is under way or waits, oldest first. */
  listOpen(): Promise<ControlRequest[]> {
    const open = { state: { $in: ['requested', 'running'] as ControlRequest['state'][] } };
    return this.requests.find(open).sort({ requestedAt: 1 }).toArray();
  }

  /**
   * Takes a request that nobody carries out, the oldest or the one that is named; undefined without any. Whoever had it under an earlier lease is
   * not the one that folds any more; what this runner had, it could not say the end of.
   */
  async claim(runner: string, fence: bigint, id?: string): Promise<ControlRequest | undefined> {
    const now = Date.now();
    for (const request of await this.listOpen()) {
      const isFree =
        request.state === 'requested' ||
        request.runner === runner ||
        (request.fence ?? 0n) < fence ||
        now - request.updatedAt.getTime() > SILENT_MS;
      if (!isFree || (id !== undefined && request._id !== id)) continue;
      const { _id, state, updatedAt } = request;
      const filter = { _id, state, updatedAt, fence: { $not: { $gt: fence } } };
      const begun = (request.begun ?? 0) + 1;
      const change = { state: 'running' as const, runner, fence, begun, updatedAt: new Date() };
      const { matchedCount } = await this.requests.updateOne(filter, { $set: change });
      if (matchedCount === 1) return { ...request, ...change };
    }
    return undefined;
  }

  /** A sign of life; false when somebody else has taken the request over. */
  async report(id: string, runner: string, progress: ControlRequest['progress']): Promise<boolean> {
    const change = { updatedAt: new Date(), ...(progress ? { progress } : {}) };
    const { matchedCount } = await this.requests.updateOne({ _id: id, runner, state: 'running' }, { $set: change });
    return matchedCount === 1;
  }

  async finish(id: string, runner: string, outcome: { result: object } | { error: ControlRequest['error'] }) {
    const state = 'result' in outcome ? ('done' as const) : ('failed' as const);
    const change = { state, ...outcome, updatedAt: new Date() };
    await this.requests.updateOne({ _id: id, runner, state: 'running' }, { $set: change });
  }

  /** Lets somebody else carry it on: this runner ends. */
  async release(id: string, runner: string): Promise<void> {
    const change = { state: 'requested' as const, runner: null, updatedAt: new Date() };
    await this.requests.updateOne({ _id: id, runner, state: 'running' }, { $set: change });
  }
}
