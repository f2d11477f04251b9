import type { Collection } from 'mongodb';
import { ignoreAlreadyDone, ReadStoreError } from './errors.js';
import { LIVE_SET, type ModelName } from './naming.js';

/** One build of a read model: the version of its code, and the set that it is folded into. */
export interface BuildName {
  readonly version: number;
  readonly set: string;
}

/** 'building' is taken through the log beside the others, 'dropping' is about to be gone; the other states are folded with everything else. */
export type BuildState = 'building' | 'caught-up' | 'live' | 'retired' | 'dropping';

export interface Build extends BuildName {
  readonly state: BuildState;
  readonly at: string;
  readonly by: string;
  readonly reason: string | null;
}

/** What is known of a read model's builds: the alias is `live`. */
export interface ModelEntry {
  /** The read model's name. */
  readonly _id: string;
  readonly live: BuildName;
  /** What a rollback goes back to. */
  readonly previous: BuildName | null;
  readonly builds: readonly Build[];
  /** Builds that were dropped: their places are not given again, so that a drop that comes late meets nothing of somebody else's. */
  readonly dropped?: readonly BuildName[];
  /** The last request that changed it, and what came of it: carried out once more, after a crash, it changes nothing. */
  readonly last?: { readonly request: string; readonly result: object };
  /** Counts the changes: each is made to what was read. */
  readonly revision: bigint;
  /** Token of the runner that made the last change; one with a lower token can make none. */
  readonly fence: bigint;
}

export function parseBuild(text: string): BuildName | undefined {
  const match = /^(\d{1,9})(?:\.([a-z][a-z0-9-]{0,40}))?$/.exec(text);
  return match ? { version: Number(match[1]), set: match[2] ?? LIVE_SET } : undefined;
}

/** A model that may have been another version before. */
export interface VersionedName extends ModelName {
  readonly previous?: VersionedName;
}

export function isSameBuild(a: BuildName, b: BuildName): boolean {
  return a.version === b.version && a.set === b.set;
}

/** `1`, or `2.r3`: names a build within its model, as in cursors. */
export function buildText({ version, set }: BuildName): string {
  return set === LIVE_SET ? `${version}` : `${version}.${set}`;
}

/** Which builds of the read models there are, and which of them answers. Every change is one guarded write. */
export class ModelRegistry {
  constructor(private readonly entries: Collection<ModelEntry>) {}

  async find(name: string): Promise<ModelEntry | undefined> {
    return (await this.entries.findOne({ _id: name })) ?? undefined;
  }

  async findAll(names: readonly string[]): Promise<Map<string, ModelEntry>> {
    const found = await this.entries.find({ _id: { $in: [...names] } }).toArray();
    return new Map(found.map((entry) => [entry._id, entry]));
  }

  async list(): Promise<ModelEntry[]> {
    return this.entries.find({}).sort({ _id: 1 }).toArray();
  }

  /** Writes the first entry of a model; one that is there stays. */
  async create(entry: Omit<ModelEntry, 'revision'>): Promise<void> {
    await this.entries.insertOne({ ...entry, revision: 0n }).catch(ignoreAlreadyDone);
  }

  /** Takes the models' builds in hand: whoever has a lower token changes none of them any more. */
  async claim(names: readonly string[], fence: bigint): Promise<void> {
    await this.entries.updateMany({ _id: { $in: [...names] }, fence: { $lt: fence } }, { $set: { fence } });
  }

  /**
   * Changes what was read, unless somebody else did meanwhile or holds a higher token.
   * @throws ReadStoreError READ_MODEL_CHANGED
   */
  async change(
    read: ModelEntry,
    changed: Partial<Pick<ModelEntry, 'live' | 'previous' | 'builds' | 'dropped' | 'last'>>,
    fence: bigint,
  ) {
    const filter = { _id: read._id, revision: read.revision, fence: { $lte: fence } };
    const next: ModelEntry = { ...read, ...changed, revision: read.revision + 1n, fence };
    const { matchedCount } = await this.entries.replaceOne(filter, next);
    if (matchedCount === 0)
      throw new ReadStoreError('READ_MODEL_CHANGED', `Somebody else has changed the builds of ${read._id}`);
    return next;
  }
}
