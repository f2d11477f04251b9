import { Global, Module, type DynamicModule, type Provider } from '@nestjs/common';
import { CommandRunner, EventStore, Numbering, type CommandContext, type CommandResult } from '#libs/event-store';
import { canonicalJson, DomainError, streamName, type Decider, type NewEvent, type Recorded } from '#libs/kernel';

/** An event as the memory runner keeps it. */
export interface MemoryEvent extends NewEvent, Recorded {
  readonly stream: string;
  readonly revision: bigint;
  readonly position: bigint;
}

/** The contract of CommandRunner in memory, for specs of command handlers: what a handler stores, without a server. */
export class MemoryRunner implements Pick<CommandRunner, 'execute' | 'inspect'> {
  readonly events: MemoryEvent[] = [];
  readonly #results = new Map<string, { readonly input: string; readonly result: CommandResult }>();

  of(stream: string): MemoryEvent[] {
    return this.events.filter((event) => event.stream === stream);
  }

  async execute<S, E extends NewEvent>(
    decider: Decider<S, E>,
    id: string,
    context: CommandContext,
    decide: (state: S) => readonly E[],
  ): Promise<CommandResult> {
    const stream = streamName(decider.category, context.communityId, id);
    const input = canonicalJson(context.input);
    const known = this.#results.get(`${stream} ${context.commandId}`);
    if (known && known.input !== input) throw new DomainError('COMMAND_ID_REUSED', 'Used before with another input');
    if (known) return { ...known.result, repeated: true };
    const drafts = decide(this.#fold(decider, stream));
    const first = BigInt(this.of(stream).length);
    drafts.forEach((draft, i) => this.#keep(stream, first + BigInt(i), draft, context));
    const [revision, position] = [first + BigInt(drafts.length) - 1n, BigInt(this.events.length) - 1n];
    const events = drafts.map(({ type }, i) => ({ type, revision: first + BigInt(i) }));
    const recorded = drafts.map(({ data }) => data);
    const result = { stream, revision, position, events, recorded, repeated: false };
    if (drafts.length > 0) this.#results.set(`${stream} ${context.commandId}`, { input, result });
    return result;
  }

  async inspect<S, E extends NewEvent, R>(
    decider: Decider<S, E>,
    communityId: string,
    id: string,
    look: (state: S) => R,
  ): Promise<R> {
    return look(this.#fold(decider, streamName(decider.category, communityId, id)));
  }

  #keep(stream: string, revision: bigint, draft: NewEvent, { actor }: CommandContext): void {
    // Through text, as a store would: what is no JSON is refused, and nothing is shared with the decision.
    const data: unknown = JSON.parse(canonicalJson(draft.data));
    const position = BigInt(this.events.length);
    this.events.push({ ...draft, data, stream, revision, position, actor, recordedAt: draft.occurredAt });
  }

  #fold<S, E extends NewEvent>(decider: Decider<S, E>, stream: string): S {
    return this.of(stream)
      .filter((event) => decider.handles.has(event.type))
      .reduce((state, event) => decider.evolve(state, event as MemoryEvent & E), decider.initialState());
  }
}

/** A global module that offers the runner, numbers drawn by it, and a store that can be read, to the module under test. */
export function memoryStores(runner: MemoryRunner, ...others: Provider[]): DynamicModule {
  const store = {
    async *readStream(stream: string, { fromRevision = 0n, limit = Infinity } = {}) {
      yield runner.of(stream).slice(Number(fromRevision), Number(fromRevision) + limit);
    },
  };
  const providers = [
    { provide: CommandRunner, useValue: runner },
    { provide: EventStore, useValue: store },
    {
      provide: Numbering,
      useFactory: (...made: ConstructorParameters<typeof Numbering>) => new Numbering(...made),
      inject: [CommandRunner, EventStore],
    },
    ...others,
  ];
  return { module: MemoryStores, global: true, providers, exports: providers };
}

@Global()
@Module({})
class MemoryStores {}
