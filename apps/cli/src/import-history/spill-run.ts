import type { HistoryEntry, JournalLine } from './journal-line.js';
import type { SpillFile } from './spill-file.js';

/** A sorted stretch of lines in the spill file. */
export interface SpillRun {
  readonly start: number;
  readonly end: number;
}

type Fields = [string, string, string, string, string, string, string, string];

/** Tabs and line feeds part the fields: checked fields hold no control characters. */
export function encodeLines(lines: readonly JournalLine[]): Buffer {
  let text = '';
  for (const l of lines) {
    const asRead = l.accountAsRead === l.account ? '' : l.accountAsRead;
    text += `${l.account}\t${l.occurredOn}\t${l.line}\t${l.entry}\t${l.amountMinor}\t${l.dueOn}\t${l.reference}\t${asRead}\n`;
  }
  return Buffer.from(text);
}

export function decodeLine(text: string): JournalLine {
  const fields = text.split('\t') as Fields;
  const [account, occurredOn, line, entry, amountMinor, dueOn, reference, asRead] = fields;
  return {
    line: Number(line),
    occurredOn,
    account,
    accountAsRead: asRead === '' ? account : asRead,
    entry: entry as HistoryEntry,
    amountMinor,
    dueOn,
    reference,
  };
}

const LF = 0x0a;

/** Reads a run back line by line, one block of bytes in memory at a time. */
export class SpillRunReader {
  #lines: string[] = [];
  #next = 0;
  #position: number;
  current: JournalLine | undefined;

  constructor(
    private readonly file: SpillFile,
    private readonly run: SpillRun,
    private readonly blockBytes: number,
  ) {
    this.#position = run.start;
  }

  /** Moves to the next line without reading, if it is in memory; false when `load` must be called first. */
  tryNext(): boolean {
    if (this.#next >= this.#lines.length) return false;
    this.current = decodeLine(this.#lines[this.#next]!);
    this.#next += 1;
    return true;
  }

  /** Reads the next block and moves to its first line; `current` is undefined at the end of the run. */
  async load(): Promise<void> {
    this.current = undefined;
    for (let length = this.blockBytes; this.#position < this.run.end; length *= 2) {
      const block = await this.file.read(this.#position, Math.min(length, this.run.end - this.#position));
      if (block.length === 0) throw new Error('the spill file is shorter than it was written');
      const last = block.lastIndexOf(LF);
      if (last < 0) continue; // a line longer than the block: read a larger one
      this.#position += last + 1;
      this.#lines = block.toString('utf8', 0, last).split('\n');
      this.#next = 0;
      this.tryNext();
      return;
    }
  }
}
