import { type Clock, type Decider, DomainError, type NewEvent, streamName, systemClock } from '#libs/kernel';
import type { CommandContext, CommandResult } from './command.js';
import { StoreError, WrongExpectedRevision } from './errors.js';
import { EventStore } from './event-store.js';
import { FoldedStream, identify, type IdentifiedCommand, idReused, positionOr } from './folded-stream.js';
import { KeyQueue } from './key-queue.js';
import { StreamCache } from './stream-cache.js';
import type { AppendResult } from './options.js';
import { Upcasters } from './upcasters.js';

type AnyStream = FoldedStream<never, never>;
type Decide<S, E> = (state: S) => readonly E[];

/** For how long others may be faster before a command gives up. */
const CONTENTION_MS = 15_000;
/** Some 200,000 events of accounts: beyond that, streams in turn are each read from their beginning. */
const DEFAULT_CACHE_BYTES = 128 * 1024 * 1024;

/**
 * Runs commands: load (or take the cached state), decide, append. One after the other per stream in this process; writers in other
 * processes are noticed by the expected revision, and the decision is made again on what they wrote.
 */
export class CommandRunner {
  readonly #cache: StreamCache<AnyStream>;
  readonly #queue = new KeyQueue();
  readonly #deciders = new WeakMap<object, number>();
  #lastDecider = 0;

  constructor(
    private readonly store: EventStore,
    private readonly clock: Clock = systemClock,
    private readonly upcasters: Upcasters = new Upcasters(),
    cacheBytes: number = DEFAULT_CACHE_BYTES,
  ) {
    this.#cache = new StreamCache(cacheBytes);
  }

  /**
   * Decides on the state of `id` in the context's community and appends the events. The same command again gives its first result.
   * @throws the decision's refusal (not remembered); COMMAND_ID_REUSED; REVISION_CHANGED; COMMAND_TOO_LARGE; EVENT_NOT_JSON; TOO_MUCH_CONTENTION; StoreError
   */
  execute<S, E extends NewEvent>(
    decider: Decider<S, E>,
    id: string,
    context: CommandContext,
    decide: Decide<S, E>,
  ): Promise<CommandResult> {
    const stream = streamName(decider.category, context.communityId, id);
    const command = identify(context);
    return this.#queue.run(stream, () =>
      this.#withStream(stream, decider, (folded, fresh) => this.#run(folded, fresh, command, decide)),
    );
  }

  /** A look at the state as of the head of the stream. The state stays the runner's own: it must not be changed or kept. */
  inspect<S, E extends NewEvent, R>(
    decider: Decider<S, E>,
    communityId: string,
    id: string,
    look: (state: S) => R,
  ): Promise<R> {
    const stream = streamName(decider.category, communityId, id);
    return this.#queue.run(stream, () =>
      this.#withStream(stream, decider, async (folded, fresh) => {
        if (!fresh) await folded.catchUp(this.store);
        return look(folded.state);
      }),
    );
  }

  /** Hands out the folded stream, and takes it back into the cache unless something went wrong half way. */
  async #withStream<S, E extends NewEvent, R>(
    stream: string,
    decider: Decider<S, E>,
    task: (folded: FoldedStream<S, E>, fresh: boolean) => Promise<R>,
  ): Promise<R> {
    const key = this.#keyOf(stream, decider);
    let cached = this.#cache.get(key) as FoldedStream<S, E> | undefined;
    // A failure may leave a state that was folded half: it leaves the cache and comes back only when it is whole.
    this.#cache.delete(key);
    // Nor may anything be chained to an event that another process stored in place of this one's.
    if (cached?.confirmed) {
      this.store.hurryConfirmations();
      if (!(await cached.confirmed)) cached = undefined;
    }
    const folded = cached ?? new FoldedStream(stream, decider, this.upcasters);
    if (!cached) await folded.catchUp(this.store);
    try {
      const result = await task(folded, !cached);
      this.#cache.put(key, folded as unknown as AnyStream);
      return result;
    } catch (error) {
      if (error instanceof Refusal) {
        this.#cache.put(key, folded as unknown as AnyStream);
        throw error.reason;
      }
      throw error;
    }
  }

  /** Contexts fold the same stream each in its own way: a state is cached for the decider that made it. */
  #keyOf(stream: string, decider: object): string {
    let number = this.#deciders.get(decider);
    if (number === undefined) this.#deciders.set(decider, (number = ++this.#lastDecider));
    return `${stream} ${number}`;
  }

  async #run<S, E extends NewEvent>(
    folded: FoldedStream<S, E>,
    fresh: boolean,
    command: IdentifiedCommand,
    decide: Decide<S, E>,
  ): Promise<CommandResult> {
    let confirmed = fresh;
    for (const giveUpAt = Date.now() + CONTENTION_MS; Date.now() < giveUpAt;) {
      const known = refuse(() => folded.find(command));
      if (known !== undefined) return this.#firstResult(folded.stream, known, command);
      const { drafts, error } = attemptTo(() => {
        requireRevision(folded, command);
        return decide(folded.state);
      });
      if (!drafts || drafts.length === 0) {
        // 'No' and 'nothing to do' may be owed to a state that others have long changed.
        if (!confirmed) {
          await folded.catchUp(this.store);
          confirmed = true;
          continue;
        }
        if (!drafts) throw new Refusal(error);
        return this.#nothingDone(folded);
      }
      const prepared = refuse(() => folded.prepare(command, this.clock.now(), drafts));
      try {
        const expected = folded.head.revision < 0n ? 'no_stream' : folded.head.revision;
        const appended = await this.store.append(folded.stream, expected, prepared.events);
        const first = appended.revision - BigInt(drafts.length - 1);
        folded.fold(prepared);
        folded.position = appended.position;
        if (!command.drawn) this.#confirm(folded, appended);
        return resultOf(
          folded.stream,
          appended,
          drafts.map(({ type, data }, i) => ({ type, revision: first + BigInt(i), data })),
          false,
        );
      } catch (error) {
        if (!(error instanceof WrongExpectedRevision)) throw error;
        await folded.catchUp(this.store);
        confirmed = true;
      }
    }
    throw new StoreError('TOO_MUCH_CONTENTION', `Others kept writing to ${folded.stream}; try again`);
  }

  /** Asked at once, while appends of the same moment lie next to each other; awaited when something is to be chained to it. */
  #confirm(folded: Pick<AnyStream, 'stream' | 'head' | 'confirmed'>, appended: AppendResult): void {
    const claim = { stream: folded.stream, hash: folded.head.hash, ...appended };
    const confirming = this.store.confirm(claim, { hurry: false }).then(
      (confirmed) => {
        if (confirmed) folded.confirmed = undefined;
        return confirmed;
      },
      () => false,
    );
    folded.confirmed = confirming;
  }

  async #nothingDone(folded: Pick<AnyStream, 'stream' | 'head' | 'position'>): Promise<CommandResult> {
    const position = await positionOr(this.store, folded.position);
    return resultOf(folded.stream, { revision: folded.head.revision, position }, [], false);
  }

  /** Reads the command's events back, from its last one on. */
  async #firstResult(stream: string, last: bigint, command: IdentifiedCommand): Promise<CommandResult> {
    const events: RecordedEvent[] = [];
    let position = 0n;
    reading: for await (const page of this.store.readStream(stream, { direction: 'backwards', fromRevision: last })) {
      for (const event of page) {
        if (event.metadata.commandId !== command.commandId) break reading;
        if (event.metadata.inputHash !== command.inputHash) throw new Refusal(idReused(command.commandId));
        if (events.length === 0) position = event.position;
        events.unshift({ type: event.type, revision: event.revision, data: event.data });
      }
    }
    return resultOf(stream, { revision: last, position: await positionOr(this.store, position) }, events, true);
  }
}

interface RecordedEvent {
  readonly type: string;
  readonly revision: bigint;
  readonly data: unknown;
}

/** Marks an error after which the folded state is still whole. */
class Refusal extends Error {
  constructor(readonly reason: unknown) {
    super('refused');
  }
}

function refuse<T>(task: () => T): T {
  try {
    return task();
  } catch (error) {
    throw new Refusal(error);
  }
}

/** Only a domain error is a refusal that a newer state may lift; any other is a fault of the decision. */
function attemptTo<T>(task: () => T): { drafts?: T; error?: unknown } {
  try {
    return { drafts: task() };
  } catch (error) {
    if (error instanceof DomainError) return { error };
    throw error;
  }
}

/** @throws DomainError REVISION_CHANGED */
function requireRevision({ stream, head }: Pick<AnyStream, 'stream' | 'head'>, { ifRevision }: CommandContext): void {
  if (ifRevision === undefined || ifRevision === head.revision) return;
  throw new DomainError('REVISION_CHANGED', `${stream} is at revision ${head.revision}, not at ${ifRevision}`);
}

function resultOf(
  stream: string,
  { revision, position }: AppendResult,
  recorded: readonly RecordedEvent[],
  repeated: boolean,
): CommandResult {
  const events = recorded.map(({ type, revision: own }) => ({ type, revision: own }));
  return { stream, revision, position, events, recorded: recorded.map(({ data }) => data), repeated };
}
