import type { BulkStream, CommandContext } from '#libs/event-store';
import { DomainError } from '#libs/kernel';
import type { NewEvent } from '#libs/kernel';
import type { ImportTally } from './import-report.js';
import type { LineCodec } from './line-codec.js';
import { LineOrdinals } from './line-ordinals.js';
import { blocksOfStreams } from './stream-lines.js';
import type { StreamBlock } from './stream-lines.js';

export type LineDecision<State> = (state: State) => readonly NewEvent[];

/** How the lines of one kind of file are recorded. */
export interface LineRecorderOptions<Line, State> {
  readonly codec: LineCodec<Line>;
  readonly lineNumber: (line: Line) => number;
  /** Opens a stream for many commands. */
  readonly open: (stream: string) => Promise<BulkStream<State, NewEvent>>;
  /** The command of a line; `ordinal` counts identical lines from 0. */
  readonly contextOf: (line: Line, ordinal: number) => CommandContext;
  /** The decision of a line; a promise when something must be prepared. `previous` is the line before it in its stream. */
  readonly decisionOf: (
    line: Line,
    state: State,
    previous: Line | undefined,
  ) => LineDecision<State> | Promise<LineDecision<State>>;
  readonly tally: ImportTally;
  readonly signal?: AbortSignal;
  /** Told the number of lines whose outcome is settled. */
  readonly onProgress?: (lines: number) => void;
}

/** Streams in flight: while one waits for its append, others are loaded and decided. */
const STREAMS_IN_FLIGHT = 48;

/**
 * Records sorted lines, many streams at a time, each stream's lines in their order.
 * A refused line is tallied and the others go on; a failure of the store ends the import: the same file again resumes it.
 */
export class LineRecorder<Line, State> {
  readonly #running = new Set<Promise<void>>();
  #tail: Promise<BulkStream<State, NewEvent>> | undefined;
  #lastLine: Line | undefined;
  #failure: { readonly error: unknown } | undefined;

  constructor(private readonly options: LineRecorderOptions<Line, State>) {}

  /** Throws the signal's reason when aborted: nothing is lost that was tallied, and no append is cut. */
  async record(sorted: AsyncIterable<readonly Line[]>): Promise<void> {
    const { codec } = this.options;
    const ordinals = new LineOrdinals(codec);
    try {
      for await (const block of blocksOfStreams(sorted, codec.streamOf)) {
        this.#throwIfStopped();
        this.#start(
          block,
          block.lines.map((line) => ordinals.next(line)),
        );
        if (this.#running.size >= STREAMS_IN_FLIGHT) await Promise.race(this.#running);
      }
    } finally {
      await Promise.all(this.#running);
    }
    this.#throwIfStopped();
  }

  #throwIfStopped(): void {
    if (this.#failure) throw this.#failure.error;
    this.options.signal?.throwIfAborted();
  }

  #start(block: StreamBlock<Line>, ordinals: readonly number[]): void {
    const before = block.isFirst || !this.#tail ? this.options.open(block.stream) : this.#tail;
    const previous = block.isFirst ? undefined : this.#lastLine;
    const tail = before.then(async (stream) => {
      await this.#recordBlock(stream, block, ordinals, previous);
      return stream;
    });
    this.#tail = tail;
    this.#lastLine = block.lines.at(-1);
    const running: Promise<void> = tail
      .then(
        () => undefined,
        (error: unknown) => {
          this.#failure ??= { error };
        },
      )
      .finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  async #recordBlock(
    stream: BulkStream<State, NewEvent>,
    block: StreamBlock<Line>,
    ordinals: readonly number[],
    previous: Line | undefined,
  ): Promise<void> {
    const { tally, signal, lineNumber, onProgress } = this.options;
    const unsettled = new Map<string, number>();
    for (const [index, line] of block.lines.entries()) {
      if (this.#failure || signal?.aborted) return;
      const context = this.options.contextOf(line, ordinals[index]!);
      try {
        const decision = this.options.decisionOf(line, stream.state, block.lines[index - 1] ?? previous);
        const outcome = await stream.record(context, decision instanceof Promise ? await decision : decision);
        if (outcome === 'unchanged') tally.unchanged += 1;
        else unsettled.set(context.commandId, lineNumber(line));
      } catch (error) {
        if (!(error instanceof DomainError)) throw error; // the store's own failures say nothing about the line
        tally.reject(lineNumber(line), error);
      }
    }
    const { refused } = await stream.flush();
    for (const { commandId, error } of refused) {
      const line = unsettled.get(commandId);
      if (line === undefined) continue;
      unsettled.delete(commandId);
      tally.reject(line, error);
    }
    tally.imported += unsettled.size;
    onProgress?.(block.lines.length);
  }
}
