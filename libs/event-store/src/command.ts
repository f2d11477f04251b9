import type { Actor, Json } from '#libs/kernel';

/** Who asks for what, with the identity that makes asking twice harmless. */
export interface CommandContext {
  /** A UUID; from `commandIdOf`, or the caller's own. */
  readonly commandId: string;
  /** The id was drawn at random for this very call: nobody else can have recorded the same command meanwhile. */
  readonly drawn?: boolean;
  /** The command's input: the same id with another input is refused. Personal data goes in as `vault.fingerprint(…)` only. */
  readonly input: Json;
  readonly actor: Actor;
  readonly communityId: string;
  readonly correlationId?: string;
  readonly causationId?: string;
  /** W3C trace context. */
  readonly traceparent?: string;
  /** Only if the stream still is at this revision (−1: no stream): what the caller saw when deciding to ask. */
  readonly ifRevision?: bigint;
}

export interface CommandResult {
  readonly stream: string;
  /** Revision of the command's last event; of the stream as it was seen when there was nothing to do (−1: no stream). */
  readonly revision: bigint;
  /** Token for reading one's own write. */
  readonly position: bigint;
  readonly events: readonly { readonly type: string; readonly revision: bigint }[];
  /** The data of each of the events: the ids that the command gave, for instance. */
  readonly recorded: readonly unknown[];
  /** True when the command had been recorded before: this is its first result. */
  readonly repeated: boolean;
}
