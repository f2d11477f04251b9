import type { Decider, NewEvent } from '#libs/kernel';

/** Another build of a read model answers now: all communities' figures come from it, so each of them has the fact in its own trail. */
export type ReadModelSwitched = NewEvent<
  'ReadModelSwitched',
  {
    readonly readModel: string;
    readonly action: 'switch' | 'rollback';
    /** Builds, as in `1` or `2.r2`. */
    readonly from: string;
    readonly to: string;
    /** Decimal string: both builds had folded every event at or before it. */
    readonly position: string;
    readonly undeclaredDifferences: number;
    readonly parkedSequences: number;
    /** Plain text without personal data, at most 128 characters; null when nothing had to be accepted. */
    readonly reason: string | null;
  }
>;

/** An event is left out of a sequence of a read model in which it cannot be folded. The event itself stays where it is. */
export type ParkedEventDiscarded = NewEvent<
  'ParkedEventDiscarded',
  {
    readonly readModel: string;
    readonly entry: string;
    readonly scope: 'document' | 'stream';
    readonly key: string;
    readonly stream: string;
    readonly revision: string;
    readonly position: string;
    readonly reason: string;
  }
>;

export type OperationEvent = ReadModelSwitched | ParkedEventDiscarded;

export const OPERATION_EVENT_TYPES: ReadonlySet<OperationEvent['type']> = new Set([
  'ReadModelSwitched',
  'ParkedEventDiscarded',
]);

/** What people decide about read models: `operations-<community>.<read model>`. Nothing is decided on it. */
export const operations: Decider<null, OperationEvent> = {
  category: 'operations',
  initialState: () => null,
  evolve: () => null,
  handles: OPERATION_EVENT_TYPES,
};
