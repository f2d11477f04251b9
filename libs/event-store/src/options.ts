export type ExpectedRevision = bigint | 'no_stream';

export interface AppendResult {
  readonly revision: bigint;
  readonly position: bigint;
}

export interface EventStoreOptions {
  /** How long an append, or silence within a read, may last before it is given up; 10 s. */
  readonly deadlineMs?: number;
  /** How long unknown outcomes and lost connections are settled before an error is thrown; 30 s. */
  readonly patienceMs?: number;
  /** How long a subscription may be silent before it is checked; 15 s. */
  readonly stallMs?: number;
}

export interface ReadStreamOptions {
  /** First revision to read, inclusive; from the start (or the end, backwards) when absent. */
  readonly fromRevision?: bigint;
  readonly direction?: 'forwards' | 'backwards';
  readonly limit?: number;
  readonly pageSize?: number;
  readonly signal?: AbortSignal;
}

export interface ReadAllOptions {
  /** Commit position, exclusive; from the start when absent. */
  readonly after?: bigint;
  readonly limit?: number;
  readonly pageSize?: number;
  /** Only these event types; the server filters. */
  readonly types?: readonly string[];
  readonly signal?: AbortSignal;
}
