import type { SourceChunk } from './source.js';

export interface IntakeOptions {
  /** Most events in one batch. */
  readonly maxBatchEvents: number;
  /** How long a batch that is not full waits for more, in milliseconds; 0 takes what has come while the last batch was written. */
  readonly maxBatchDelayMs: number;
}

/** Batches ahead of the writer: enough to overlap reading with writing, few enough to keep memory flat. */
const BUFFERED_BATCHES = 2;

/** Between the reader of the source and the writer of the read models: pages go in, batches come out. */
export class Intake {
  private readonly pieces: SourceChunk[] = [];
  private buffered = 0;
  private ended = false;
  private failure: { readonly error: unknown } | undefined;
  private wakeConsumer: (() => void) | undefined;
  private wakeProducer: (() => void) | undefined;

  constructor(private readonly options: IntakeOptions) {}

  /** Takes a chunk and resolves when there is room for the next. */
  async push(chunk: SourceChunk): Promise<void> {
    const size = this.options.maxBatchEvents;
    for (let from = 0; from === 0 || from < chunk.events.length; from += size) {
      const events = chunk.events.slice(from, from + size);
      const isLast = from + size >= chunk.events.length;
      this.pieces.push({ events, upTo: isLast ? chunk.upTo : events.at(-1)!.position });
    }
    this.buffered += chunk.events.length;
    this.wakeConsumer?.();
    while (this.buffered >= size * BUFFERED_BATCHES && !this.ended) {
      await new Promise<void>((resolve) => (this.wakeProducer = resolve));
    }
  }

  /** After what was pushed, `next` answers undefined, or throws the error. */
  end(failure?: { readonly error: unknown }): void {
    this.ended = true;
    this.failure ??= failure;
    this.wakeConsumer?.();
    this.wakeProducer?.();
  }

  /** The next batch; undefined when the source has ended. */
  async next(): Promise<SourceChunk | undefined> {
    while (this.pieces.length === 0 && !this.ended) await this.change();
    if (this.options.maxBatchDelayMs > 0) await this.linger();
    // A failed source discards what it had pushed: it comes again.
    if (this.failure) throw this.failure.error;
    if (this.pieces.length === 0) return undefined;
    return this.take();
  }

  private take(): SourceChunk {
    const events = [...this.pieces[0]!.events];
    let { upTo } = this.pieces.shift()!;
    while (this.pieces[0] && events.length + this.pieces[0].events.length <= this.options.maxBatchEvents) {
      const piece = this.pieces.shift()!;
      for (const event of piece.events) events.push(event);
      upTo = piece.upTo;
    }
    this.buffered -= events.length;
    this.wakeProducer?.();
    return { events, upTo };
  }

  private async linger(): Promise<void> {
    const until = performance.now() + this.options.maxBatchDelayMs;
    for (let leftMs = until - performance.now(); leftMs > 0; leftMs = until - performance.now()) {
      if (this.ended || this.buffered >= this.options.maxBatchEvents) return;
      await this.change(leftMs);
    }
  }

  private async change(limitMs?: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.wakeConsumer = resolve;
      if (limitMs !== undefined) timer = setTimeout(resolve, limitMs);
    });
    clearTimeout(timer);
    this.wakeConsumer = undefined;
  }
}
