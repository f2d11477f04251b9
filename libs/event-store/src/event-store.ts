import type { EncodedEvent, StoredEvent } from './stored-event.js';

export type ExpectedRevision = bigint | 'no_stream';

export interface AppendResult {
  readonly revision: bigint;
  readonly position: bigint;
}

export interface EventStoreOptions {
  /** How long an append, or silence within a read, may last before it is given up. */
  readonly deadlineMs?: number;
  /** How long unknown outcomes and lost connections are settled before an error is thrown. */
  readonly patienceMs?: number;
}

export interface ReadStreamOptions {
  readonly fromRevision?: bigint;
  readonly direction?: 'forwards' | 'backwards';
  readonly limit?: number;
  readonly signal?: AbortSignal;
}

export interface ReadAllOptions {
  /** Commit position, exclusive; from the start when absent. */
  readonly after?: bigint;
  readonly limit?: number;
  readonly pageSize?: number;
  readonly types?: readonly string[];
  readonly signal?: AbortSignal;
}

export interface SubscribeAllOptions {
  readonly after: bigint;
  readonly signal: AbortSignal;
  readonly pageSize?: number;
  readonly types?: readonly string[];
}

export interface SubscriptionPage {
  readonly events: StoredEvent[];
  readonly upTo: bigint;
  readonly caughtUp: boolean;
}

export class EventStore {
  static connect(_url: string, _options: EventStoreOptions = {}): EventStore {
    throw new Error('being built');
  }

  async close(): Promise<void> {}

  append(_stream: string, _expected: ExpectedRevision, _events: readonly EncodedEvent[]): Promise<AppendResult> {
    throw new Error('being built');
  }

  readStream(_stream: string, _options: ReadStreamOptions = {}): AsyncIterable<StoredEvent[]> {
    throw new Error('being built');
  }

  readAll(_options: ReadAllOptions = {}): AsyncIterable<StoredEvent[]> {
    throw new Error('being built');
  }

  headPosition(): Promise<bigint> {
    throw new Error('being built');
  }

  subscribeAll(_options: SubscribeAllOptions): AsyncIterable<SubscriptionPage> {
    throw new Error('being built');
  }
}
