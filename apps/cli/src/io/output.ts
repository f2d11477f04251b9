import { createReadStream, createWriteStream, mkdtempSync, rmSync, type WriteStream } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import type { Writable } from 'node:stream';

/** Up to here an answer is kept in memory, beyond it in a temporary file. */
const MEMORY_LIMIT = 8 * 1024 * 1024;

/** Writes to a stream at the pace of whoever reads it. */
export async function writeTo(stream: Writable, text: string | Uint8Array): Promise<void> {
  if (!stream.write(text)) await once(stream, 'drain');
}

/**
 * An answer under construction: nothing of it reaches stdout before it is whole, so that a failure on the way leaves no half document,
 * and an answer of a million lines needs no memory for them.
 */
export class Answer {
  private parts: string[] = [];
  private size = 0;
  private folder: string | undefined;
  private file: WriteStream | undefined;

  /** @param temporary where a long answer waits */
  constructor(private readonly temporary: string = tmpdir()) {}

  async add(text: string): Promise<void> {
    this.parts.push(text);
    this.size += text.length;
    if (this.size >= MEMORY_LIMIT) await this.spill();
  }

  async line(text = ''): Promise<void> {
    await this.add(`${text}\n`);
  }

  /** Copies everything to `out` and drops it. */
  async deliver(out: Writable): Promise<void> {
    try {
      if (this.file) {
        await this.spill();
        await this.closeFile();
        for await (const chunk of createReadStream(join(this.folder!, 'answer'))) await writeTo(out, chunk as Buffer);
      } else if (this.size > 0) {
        await writeTo(out, this.parts.join(''));
      }
    } finally {
      await this.discard();
    }
  }

  async discard(): Promise<void> {
    this.parts = [];
    this.size = 0;
    await this.closeFile();
    if (this.folder) rmSync(this.folder, { recursive: true, force: true });
    this.folder = undefined;
  }

  private async spill(): Promise<void> {
    this.folder ??= mkdtempSync(join(this.temporary, 'estate-answer-'));
    this.file ??= createWriteStream(join(this.folder, 'answer'), { mode: 0o600 });
    const text = this.parts.join('');
    this.parts = [];
    this.size = 0;
    await writeTo(this.file, text);
  }

  private async closeFile(): Promise<void> {
    const file = this.file;
    if (!file) return;
    this.file = undefined;
    file.end();
    if (!file.closed) await once(file, 'close');
  }
}

/** Writes `{…head, "<name>": [items…], …tail}` piece by piece; `tail` is asked for after the last item. */
export async function addJsonWithList(
  answer: Answer,
  head: object,
  list: { readonly name: string; readonly items: AsyncIterable<unknown> | Iterable<unknown> },
  tail: () => object,
): Promise<void> {
  const start = JSON.stringify(head).slice(0, -1);
  await answer.add(`${start}${start === '{' ? '' : ','}${JSON.stringify(list.name)}:[`);
  let first = true;
  for await (const item of list.items) {
    await answer.add(`${first ? '' : ','}\n${JSON.stringify(item)}`);
    first = false;
  }
  const end = JSON.stringify(tail()).slice(1);
  await answer.line(`]${end === '}' ? '' : ','}${end}`);
}
