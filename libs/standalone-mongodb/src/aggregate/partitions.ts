import { createHash } from 'node:crypto';
import type { Doc } from '../bson/document.js';
import { SpillFile } from '../storage/work-space.js';

const PARTS = 16;

/** Documents put aside on disk, apart by what they are grouped by: all of one group are in one part, in their order. */
export class Partitions {
  readonly #files: (SpillFile | undefined)[] = [];

  constructor(
    private readonly folder: string,
    /** How often they have been put aside before: then the parts are cut another way. */
    private readonly depth: number,
  ) {}

  add(key: string, doc: Doc): void {
    const part = (createHash('md5').update(`${this.depth}/${key}`).digest()[0] as number) % PARTS;
    const file = (this.#files[part] ??= new SpillFile(this.folder));
    file.add({ rid: 0, doc });
  }

  *parts(): Generator<Iterable<Doc>> {
    for (const file of this.#files) if (file !== undefined) yield docsOf(file);
  }

  close(): void {
    for (const file of this.#files) file?.close();
    this.#files.length = 0;
  }
}

function* docsOf(file: SpillFile): Generator<Doc> {
  for (const { doc } of file.read({ start: 0, end: file.end })) yield doc;
}
