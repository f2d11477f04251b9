import { ZERO_HASH, hashOfStored } from './encode.js';
import type { StoredEvent } from './stored-event.js';

export type ChainFaultCode = 'HASH_MISMATCH' | 'CHAIN_BROKEN' | 'REVISION_GAP' | 'NOT_JSON' | 'RECORDED_AT_DECREASES';

/** One event that is not what its writer stored. */
export interface ChainFault {
  readonly stream: string;
  readonly revision: bigint;
  readonly code: ChainFaultCode;
  readonly message: string;
}

export interface ChainReport {
  readonly streams: number;
  readonly events: number;
  readonly broken: readonly ChainFault[];
  readonly heads: ReadonlyMap<string, { readonly revision: bigint; readonly hash: string }>;
}

interface Link {
  readonly revision: bigint;
  readonly hash: string;
  readonly recordedAt: string;
}

/**
 * Recomputes the chains of any number of streams in one pass, in memory of the order of the number of streams. Events of one stream
 * come in order from revision 0. A chain alone cannot show a lost tail or a lost stream: compare the heads with kept ones for that.
 */
export class ChainVerifier {
  readonly #links = new Map<string, Link>();
  readonly #broken: ChainFault[] = [];
  #events = 0;

  /** The fault that was found with this event, if any. */
  add(event: StoredEvent): ChainFault | undefined {
    this.#events++;
    const before = this.#links.get(event.stream);
    const { hash, recordedAt } = event.metadata ?? {};
    // After a fault the chain goes on from what is stored, so that one fault is reported once and not for every event after it.
    this.#links.set(event.stream, { revision: event.revision, hash: String(hash), recordedAt: String(recordedAt) });
    const problem = this.#check(event, before);
    if (!problem) return undefined;
    const fault = { stream: event.stream, revision: event.revision, code: problem[0], message: problem[1] };
    this.#broken.push(fault);
    return fault;
  }

  report(): ChainReport {
    return { streams: this.#links.size, events: this.#events, broken: [...this.#broken], heads: new Map(this.#links) };
  }

  #check(event: StoredEvent, before: Link | undefined): readonly [ChainFaultCode, string] | undefined {
    const expected = (before?.revision ?? -1n) + 1n;
    if (event.revision !== expected)
      return ['REVISION_GAP', `revision ${event.revision} came where ${expected} was due`];
    let hash: string;
    try {
      hash = hashOfStored(event);
    } catch {
      return ['NOT_JSON', 'what is stored is not in the JSON subset of the event format'];
    }
    const { metadata } = event;
    if (hash !== metadata.hash)
      return ['HASH_MISMATCH', `the event's content gives ${hash}, it carries ${metadata.hash}`];
    if (metadata.prevHash !== (before?.hash ?? ZERO_HASH)) {
      return [
        'CHAIN_BROKEN',
        `prevHash is ${metadata.prevHash}, the event before carries ${before?.hash ?? ZERO_HASH}`,
      ];
    }
    if (before && metadata.recordedAt < before.recordedAt) {
      return ['RECORDED_AT_DECREASES', `recorded at ${metadata.recordedAt}, before its predecessor`];
    }
    return undefined;
  }
}

/** Verifies pages of events as `EventStore.readAll` and `readStream` (from the start) give them. */
export async function verifyChain(pages: AsyncIterable<readonly StoredEvent[]>): Promise<ChainReport> {
  const verifier = new ChainVerifier();
  for await (const page of pages) for (const event of page) verifier.add(event);
  return verifier.report();
}
