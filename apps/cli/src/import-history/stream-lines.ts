/** Consecutive lines of one stream; a long one comes in several blocks. */
export interface StreamBlock<Line> {
  /** Id of the entity. */
  readonly stream: string;
  readonly lines: readonly Line[];
  readonly isFirst: boolean;
}

/** Lines of one stream taken at once: bounds the memory of a stream that fills the whole file. */
const BLOCK_LINES = 2000;

/** Cuts sorted lines into blocks of one stream each. */
export async function* blocksOfStreams<Line>(
  sorted: AsyncIterable<readonly Line[]>,
  streamOf: (line: Line) => string,
  blockLines: number = BLOCK_LINES,
): AsyncGenerator<StreamBlock<Line>> {
  let lines: Line[] = [];
  let stream: string | undefined;
  let isFirst = true;
  for await (const batch of sorted) {
    for (const line of batch) {
      const own = streamOf(line);
      const isNext = own !== stream;
      if (lines.length > 0 && (isNext || lines.length >= blockLines)) {
        yield { stream: stream!, lines, isFirst };
        lines = [];
        isFirst = false;
      }
      if (isNext) isFirst = true;
      stream = own;
      lines.push(line);
    }
  }
  if (lines.length > 0) yield { stream: stream!, lines, isFirst };
}
