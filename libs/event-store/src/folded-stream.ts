import { type Decider, DomainError, isUuid, type NewEvent, type PastEvent } from '#libs/kernel';
import type { CommandContext } from './command.js';
import { CommandIndex } from './command-index.js';
import { EMPTY_HEAD, encodeEvents, inputHashOf, type StreamHead } from './encode.js';
import type { EventStore } from './event-store.js';
import { type EncodedEvent, type StoredEvent, UNKNOWN_POSITION } from './stored-event.js';
import type { Upcasters } from './upcasters.js';

export type IdentifiedCommand = CommandContext & { readonly inputHash: string };

/** What a command would store, not stored yet. */
export interface PreparedCommand<E extends NewEvent> {
  readonly command: IdentifiedCommand;
  readonly drafts: readonly E[];
  readonly events: readonly EncodedEvent[];
  readonly head: StreamHead;
  /** What the state grows by, about. */
  readonly bytes: number;
}

/** @throws DomainError EVENT_NOT_JSON, COMMAND_ID_INVALID */
export function identify(context: CommandContext): IdentifiedCommand {
  if (!isUuid(context.commandId)) throw new DomainError('COMMAND_ID_INVALID', 'A command id is a UUID in lower case');
  return { ...context, inputHash: inputHashOf(context.input) };
}

/** A stream's events folded into a state, with what appending to it and recognising its commands takes. */
export class FoldedStream<S, E extends NewEvent> {
  state: S;
  head: StreamHead = EMPTY_HEAD;
  /** Of the last event; `UNKNOWN_POSITION` if a server does not tell, 0 before the first. */
  position = 0n;
  readonly commands = new CommandIndex();
  /** After an append: whether the head is what is stored. Nothing may be chained to it before that is known; false: read the stream anew. */
  confirmed: Promise<boolean> | undefined;
  #dataBytes = 0;

  constructor(
    readonly stream: string,
    private readonly decider: Decider<S, E>,
    private readonly upcasters: Upcasters,
  ) {
    this.state = decider.initialState();
  }

  /** About the memory that it takes. */
  get bytes(): number {
    return FIXED_BYTES + this.commands.bytes + this.#dataBytes;
  }

  /** Folds what the store has beyond the present head. After an error the object must not be used any more. */
  async catchUp(store: EventStore): Promise<void> {
    for await (const page of store.readStream(this.stream, { fromRevision: this.head.revision + 1n })) {
      for (const event of page) this.#foldStored(event);
    }
  }

  /** @throws DomainError COMMAND_ID_REUSED when the command is known with another input */
  find(command: IdentifiedCommand): bigint | undefined {
    const known = this.commands.find(command.commandId, command.inputHash);
    if (known && !known.sameInput) throw idReused(command.commandId);
    return known?.revision;
  }

  /** @throws DomainError for events that cannot be stored */
  prepare(command: IdentifiedCommand, now: string, drafts: readonly E[]): PreparedCommand<E> {
    const { events, head } = encodeEvents(this.stream, this.head, command, now, drafts, this.upcasters);
    let bytes = 0;
    for (const { dataText } of events) bytes += STATE_FACTOR * dataText.length;
    return { command, drafts, events, head, bytes };
  }

  /** Folds a prepared command that builds on the present head. After an error the object must not be used any more. */
  fold(prepared: PreparedCommand<E>): void {
    const { command, drafts, head } = prepared;
    for (const draft of drafts) {
      const { type, data, effectiveOn, occurredAt } = draft;
      const past: PastEvent = {
        type,
        data,
        effectiveOn,
        occurredAt,
        recordedAt: head.recordedAt,
        actor: command.actor,
      };
      this.#evolve(past as E & PastEvent);
    }
    this.head = head;
    this.commands.add(command.commandId, command.inputHash, head.revision);
    this.#dataBytes += prepared.bytes;
  }

  #foldStored(event: StoredEvent): void {
    const { metadata } = event;
    if (event.revision !== this.head.revision + 1n) {
      throw new DomainError(
        'STREAM_NOT_CONTIGUOUS',
        `${this.stream} continues at ${event.revision} after ${this.head.revision}`,
      );
    }
    if (!isUuid(String(metadata.commandId)) || typeof metadata.inputHash !== 'string') {
      throw new DomainError(
        'EVENT_METADATA_MISSING',
        `${this.stream}@${event.revision} was not written by this project`,
      );
    }
    if (this.decider.handles.has(event.type as E['type'])) {
      const { type } = event;
      const { effectiveOn, occurredAt, recordedAt, actor } = metadata;
      const past: PastEvent = { type, data: this.upcasters.dataOf(event), effectiveOn, occurredAt, recordedAt, actor };
      this.#evolve(past as E & PastEvent);
    }
    this.head = { revision: event.revision, hash: metadata.hash, recordedAt: metadata.recordedAt };
    this.position = event.position;
    this.commands.add(metadata.commandId, metadata.inputHash, event.revision);
    this.#dataBytes += STORED_EVENT_BYTES;
  }

  #evolve(event: E & PastEvent): void {
    if (this.decider.handles.has(event.type)) this.state = this.decider.evolve(this.state, event);
  }
}

/** A token for reading one's own write, given a position that may be unknown. */
export async function positionOr(store: EventStore, position: bigint): Promise<bigint> {
  return position === UNKNOWN_POSITION ? store.headPosition() : position;
}

export function idReused(commandId: string): DomainError {
  return new DomainError('COMMAND_ID_REUSED', `The command id ${commandId} was used before with another input`);
}

const FIXED_BYTES = 1_000;
/** Bytes of a state by the characters of the data that it was folded from: measured for accounts of fees with tariffs and periods. */
const STATE_FACTOR = 2;
/** What an event read from the store counts for, whose text is not at hand. */
const STORED_EVENT_BYTES = 600;
