import type { Storage } from './storage.js';
import { StorageError, commitFailure, lacksSpace, noSpace } from './storage-error.js';

/** Something to be written. */
interface Job {
  /** Puts and removes. What may throw must be the only put: what is before it would stay. */
  write(): void;
  /** About what it writes. */
  readonly bytes: number;
  /** It is on disk. */
  done(): void;
  failed(error: Error): void;
}

/**
 * What a commit costs hardly depends on how much is in it, and those whom it answers come again at once: the next one waits for a
 * part of all who were seen under way of late, but not for long. One who writes alone never waits.
 */
const GATHERED_SHARE = 0.3;
const GATHER_MS = 3;
/** How much of the number seen under way is still counted on after one more commit. */
const FADING = 0.9;

/** What a commit may touch of the file beside what it writes. */
const COMMIT_TOUCHES_BYTES = 64 * 1024;

/**
 * Writes in groups: one commit (with its fsync) at a time, and what comes while one is on its way to the disk is in the next.
 * What is added in one turn of the event loop is in one commit. Between commits the files can be opened anew.
 */
export class Writer {
  private waiting: Job[] = [];
  private busy = false;
  private gathering: NodeJS.Timeout | undefined;
  /** With so many waiting there is no more to wait for. */
  private enough = 1;
  private underWay = 1;
  private idle: (() => void)[] = [];
  private broken: Error | undefined;
  /** Rejects when the files can't be used any more. */
  readonly failed: Promise<never>;
  private fail: (error: Error) => void = () => undefined;

  constructor(
    private readonly storage: Storage,
    /** Brings what is in memory back to what is on disk, after a commit has failed. */
    private readonly recover: () => void,
  ) {
    storage.onDue = () => this.schedule();
    this.failed = new Promise((_, reject) => (this.fail = reject));
    // Who cares awaits it; nobody has to.
    this.failed.catch(() => undefined);
  }

  /** Settles, with what `done` returns, when what `write` puts is on disk. `done` is called before, in the order of the calls. */
  run<Result>(write: () => void, done: () => Result, bytes = 0): Promise<Result> {
    return new Promise((resolve, reject) => {
      if (this.broken !== undefined) return reject(this.broken);
      this.waiting.push({ write, bytes, done: () => resolve(done()), failed: reject });
      this.schedule();
    });
  }

  /** Settles when everything added so far is on disk; rejects if that has failed. */
  async settled(): Promise<void> {
    if (this.busy || this.waiting.length > 0) await this.run(nothing, nothing);
    if (this.broken !== undefined) throw this.broken;
  }

  /** Settles when nothing is under way. */
  async close(): Promise<void> {
    while (this.busy || this.waiting.length > 0) await new Promise<void>((resolve) => this.idle.push(resolve));
    this.broken ??= new Error('the files are closed');
  }

  private schedule(): void {
    if (this.busy) return;
    if (this.waiting.length >= this.enough || this.storage.reopeningIsDue) this.start();
    else this.gathering ??= setTimeout(() => this.start(), GATHER_MS);
  }

  /** The turn after this one: by then what came with it has been added, too. */
  private start(): void {
    clearTimeout(this.gathering);
    this.gathering = undefined;
    this.busy = true;
    setImmediate(() => void this.turn());
  }

  private async turn(): Promise<void> {
    try {
      if (this.storage.reopeningIsDue) await this.storage.reopen();
      if (this.waiting.length > 0) await this.commit();
    } catch (error) {
      this.broken = error as Error;
      for (const job of this.waiting.splice(0)) job.failed(this.broken);
      this.fail(this.broken);
    }
    this.busy = false;
    if (this.waiting.length > 0 || this.storage.reopeningIsDue) return this.schedule();
    for (const resolve of this.idle.splice(0)) resolve();
  }

  private async commit(): Promise<void> {
    const group = this.waiting;
    this.waiting = [];
    const bytes = group.reduce((sum, job) => sum + job.bytes, 0);
    // lmdb's way of saying that the disk is full has been seen to end the process (it writes beyond a buffer).
    if (lacksSpace(this.storage.dataDir, bytes)) return this.giveUp(group, noSpace());
    let refused = await this.write(group);
    if (refused instanceof StorageError && refused.again) {
      await new Promise((resolve) => setImmediate(resolve));
      await this.storage.reopen(true);
      refused = await this.write(group);
    }
    if (refused instanceof StorageError) return this.giveUp(group, refused);
    this.storage.files.root.resetReadTxn();
    this.underWay = Math.max(group.length + this.waiting.length, this.underWay * FADING);
    this.enough = Math.max(1, Math.floor(this.underWay * GATHERED_SHARE));
    for (const job of group) {
      const error = refused.get(job);
      if (error === undefined) job.done();
      else job.failed(error);
    }
    this.storage.touch(COMMIT_TOUCHES_BYTES);
  }

  /** Commits what a group of jobs writes; answers with those whose write threw, or with why nothing is stored. */
  private async write(group: readonly Job[]): Promise<Map<Job, Error> | StorageError> {
    const refused = new Map<Job, Error>();
    try {
      await this.storage.files.root.batch(() => {
        for (const job of group) attempt(job, refused);
      });
    } catch (error) {
      return commitFailure(this.storage.dataDir, error);
    }
    return refused;
  }

  /**
   * A commit has failed: nothing of it is stored. What waits was decided on top of it, and fails with it. Want of space may
   * pass: the next append is tried. After anything else nobody knows what the disk will do: no more is written.
   */
  private giveUp(group: readonly Job[], error: StorageError): Promise<void> {
    this.broken = error;
    for (const job of [...group, ...this.waiting.splice(0)]) job.failed(error);
    return new Promise((resolve, reject) => {
      setImmediate(() => {
        this.storage
          .reopen()
          .then(() => {
            this.recover();
            if (error.full) this.broken = undefined;
          })
          .then(resolve, reject);
      });
    });
  }
}

const nothing = (): void => undefined;

function attempt(job: Job, refused: Map<Job, Error>): void {
  try {
    job.write();
  } catch (error) {
    refused.set(job, error as Error);
  }
}
