import type { StoredRecord } from '../wire/record.js';

/** An event that a projection writes. */
export interface Emission {
  readonly stream: string;
  readonly type: string;
  readonly data: string;
  /** Links and references are not JSON. */
  readonly isJson?: boolean;
  readonly metadata?: object;
}

/** What a projection does with each event of $all, in order. */
export interface Handler {
  /** What is written for an event. Throws when the projection can't go on. */
  handle(record: StoredRecord): readonly Emission[];
  /** Writes what was kept since the last time; called in the turn in which the emissions are appended. */
  save(): readonly Promise<unknown>[];
  /** Forgets what was not saved. */
  forget(): void;
  /** Starts over. */
  clear(): Promise<void>;
}
