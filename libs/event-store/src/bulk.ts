import type { DomainError, NewEvent } from '#libs/kernel';
import type { CommandContext } from './command.js';

/** What became of the commands of a bulk stream so far. */
export interface BulkOutcome {
  /** Events acknowledged by the store. */
  readonly appended: number;
  /** Commands that were recorded first, and refused when decided again because somebody else wrote to the stream. */
  readonly refused: readonly { readonly commandId: string; readonly error: DomainError }[];
}

/** One stream open for many commands. Its calls must not overlap; many streams may be open at once. */
export interface BulkStream<S, E extends NewEvent> {
  readonly stream: string;
  /** The state with everything recorded so far, flushed or not. Look, do not change. */
  readonly state: S;
  /**
   * Decides and buffers; sends a full buffer. 'unchanged': the same command was recorded before, or there was nothing to do.
   * @throws DomainError the decision's refusal; COMMAND_ID_REUSED; COMMAND_TOO_LARGE; EVENT_NOT_JSON (nothing is recorded then);
   * StoreError when an earlier append failed: the stream must be opened again then
   */
  record(context: CommandContext, decide: (state: S) => readonly E[]): Promise<'recorded' | 'unchanged'>;
  /** Sends what is buffered and waits until all is acknowledged. @throws StoreError */
  flush(): Promise<BulkOutcome>;
}
