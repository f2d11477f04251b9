import {
  type Clock,
  commandIdOf,
  type Decider,
  DomainError,
  type Instant,
  localDateOf,
  type LocalDate,
  type NewEvent,
  systemClock,
} from '#libs/kernel';
import type { CommandContext, CommandResult } from './command.js';
import { CommandRunner } from './command-runner.js';
import { EventStore } from './event-store.js';

/** The command that a number is for, and optionally when it happened. */
export interface NumberingContext extends Omit<CommandContext, 'input'> {
  readonly effectiveOn?: LocalDate;
  readonly occurredAt?: Instant;
}

interface NumberData {
  readonly series: string;
  readonly number: number;
  readonly forCommandId: string;
}

type NumberEvent = NewEvent<'NumberDrawn' | 'NumberVoided', NumberData>;

interface NumberingState {
  last: number;
  /** Few: only numbers whose command was refused after the draw. */
  readonly voided: Set<number>;
}

export const NUMBER_EVENT_TYPES: ReadonlySet<NumberEvent['type']> = new Set(['NumberDrawn', 'NumberVoided']);

const numberingDecider: Decider<NumberingState, NumberEvent> = {
  category: 'numbering',
  handles: NUMBER_EVENT_TYPES,
  initialState: () => ({ last: 0, voided: new Set() }),
  evolve: (state, event) => {
    switch (event.type) {
      case 'NumberDrawn':
        state.last = event.data.number;
        return state;
      case 'NumberVoided':
        state.voided.add(event.data.number);
        return state;
    }
  },
};

/** The day of a draw that does not say one: only the audit trail shows it. */
const DEFAULT_TIME_ZONE = 'Asia/Shanghai';

/**
 * Human numbers without gaps (D17): one stream per community and series, such as `receipt/2026`. A number is drawn before its command
 * runs, under an id derived from the command's: after a crash in between, the same command finds the same number. The number of a command
 * that was refused is recorded as void; when that command is tried again it gets a new one.
 */
export class Numbering {
  constructor(
    private readonly runner: CommandRunner,
    private readonly store: EventStore,
    private readonly clock: Clock = systemClock,
  ) {}

  /** The number of this command in the series, from 1. @throws DomainError ID_INVALID; StoreError */
  async next(series: string, context: NumberingContext): Promise<number> {
    for (let attempt = 0; ; attempt++) {
      let drawn = 0;
      const command = this.#command(context, 'numbering', [series, context.commandId, attempt]);
      const result = await this.runner.execute(numberingDecider, series, command, (state) => {
        drawn = state.last + 1;
        return [this.#event('NumberDrawn', { series, number: drawn, forCommandId: context.commandId }, context)];
      });
      const number = result.repeated ? await this.#numberOf(result) : drawn;
      if (!result.repeated || !(await this.#isVoid(series, number, context.communityId))) return number;
    }
  }

  /** Records that a drawn number was not used. Doing so twice changes nothing. @throws DomainError NUMBER_NOT_DRAWN */
  async markVoid(series: string, number: number, context: NumberingContext): Promise<void> {
    const command = this.#command(context, 'numbering/void', [series, number]);
    await this.runner.execute(numberingDecider, series, command, (state) => {
      if (number > state.last || number < 1)
        throw new DomainError('NUMBER_NOT_DRAWN', `${series} has no number ${number}`);
      if (state.voided.has(number)) return [];
      return [this.#event('NumberVoided', { series, number, forCommandId: context.commandId }, context)];
    });
  }

  /**
   * Draws a number and runs the command with it. A refusal makes the number void; a failure of the store does not, for the command may
   * have been stored: the same command again settles it.
   */
  async withNumber<T>(series: string, context: NumberingContext, run: (number: number) => Promise<T>): Promise<T> {
    const number = await this.next(series, context);
    try {
      return await run(number);
    } catch (error) {
      // A reused id is refused too, but the number belongs to the command that had the id first.
      if (error instanceof DomainError && error.code !== 'COMMAND_ID_REUSED')
        await this.markVoid(series, number, context);
      throw error;
    }
  }

  #isVoid(series: string, number: number, communityId: string): Promise<boolean> {
    return this.runner.inspect(numberingDecider, communityId, series, (state) => state.voided.has(number));
  }

  async #numberOf({ stream, revision }: CommandResult): Promise<number> {
    for await (const [event] of this.store.readStream(stream, { fromRevision: revision, limit: 1 })) {
      if (event) return (event.data as unknown as NumberData).number;
    }
    throw new DomainError('NUMBER_NOT_DRAWN', `${stream}@${revision} cannot be read`);
  }

  #command(context: NumberingContext, source: string, key: readonly (string | number)[]): CommandContext {
    const { communityId, actor, commandId, correlationId = commandId, traceparent } = context;
    return {
      commandId: commandIdOf(communityId, source, key),
      input: key,
      actor,
      communityId,
      correlationId,
      causationId: commandId,
      ...(traceparent === undefined ? {} : { traceparent }),
    };
  }

  #event(type: NumberEvent['type'], data: NumberData, context: NumberingContext): NumberEvent {
    const occurredAt = context.occurredAt ?? this.clock.now();
    return { type, data, occurredAt, effectiveOn: context.effectiveOn ?? localDateOf(occurredAt, DEFAULT_TIME_ZONE) };
  }
}
