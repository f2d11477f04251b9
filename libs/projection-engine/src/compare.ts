import type { RawDocument } from '#libs/read-store';
import { decodeDocument } from '#libs/read-store';
import { canonicalText } from './digest.js';

/** Where two builds of a read model disagree; values as text, null where there is none. */
export interface Difference {
  readonly id: string;
  /** The field that differs, or WHOLE_DOCUMENT when one side has no such document. */
  readonly field: string;
  readonly live: string | null;
  readonly rebuilt: string | null;
}

export interface Comparison {
  /** Documents of the rebuilt side. */
  readonly documents: number;
  /** How many there are; the first of them follow. */
  readonly differenceCount: number;
  readonly differences: readonly Difference[];
  /** Those in fields that may differ. */
  readonly declaredCount: number;
  readonly declared: readonly Difference[];
}

export interface CompareOptions {
  /** Fields that are not compared. */
  readonly ignored?: ReadonlySet<string>;
  /** Fields that may differ, WHOLE_DOCUMENT for documents that may be on one side only: listed apart. */
  readonly declared?: ReadonlySet<string>;
}

export const WHOLE_DOCUMENT = '*';

/** Enough to see what is wrong, when everything is. */
const LISTED_DIFFERENCES = 1_000;

/** Compares two builds document by document, both in the order of their ids; one page of each in memory. */
export async function compareDocuments(
  live: AsyncIterable<RawDocument[]>,
  rebuilt: AsyncIterable<RawDocument[]>,
  options: CompareOptions = {},
): Promise<Comparison> {
  const found = new DifferenceList(options);
  const [a, b] = [new Walk(live), new Walk(rebuilt)];
  let documents = 0;
  await Promise.all([a.fill(), b.fill()]);
  while (a.current ?? b.current) {
    const order = orderOf(a.current, b.current);
    if (order === 0 && !equal(a.current!.bytes, b.current!.bytes)) found.addFields(a.current!, b.current!);
    if (order < 0) found.add({ id: textOf(a.current!), field: WHOLE_DOCUMENT, live: 'present', rebuilt: null });
    if (order > 0) found.add({ id: textOf(b.current!), field: WHOLE_DOCUMENT, live: null, rebuilt: 'present' });
    if (order >= 0) documents += 1;
    // Only an empty page waits: most steps stay within the pages at hand.
    if (order <= 0 && !a.advance()) await a.fill();
    if (order >= 0 && !b.advance()) await b.fill();
  }
  return { documents, ...found.result() };
}

class DifferenceList {
  private readonly differences: Difference[] = [];
  private readonly declared: Difference[] = [];
  private count = 0;
  private declaredCount = 0;

  constructor(private readonly options: CompareOptions) {}

  add(difference: Difference): void {
    const isDeclared = this.options.declared?.has(difference.field) === true;
    if (isDeclared) this.declaredCount += 1;
    else this.count += 1;
    const listed = isDeclared ? this.declared : this.differences;
    if (listed.length < LISTED_DIFFERENCES) listed.push(difference);
  }

  result(): Omit<Comparison, 'documents'> {
    const { count, differences, declaredCount, declared } = this;
    return { differenceCount: count, differences, declaredCount, declared };
  }

  /** Field by field. Documents whose bytes differ only in the order of fields are equal. */
  addFields(live: RawDocument, rebuilt: RawDocument): void {
    const [a, b] = [decodeDocument(live), decodeDocument(rebuilt)];
    for (const field of [...new Set([...Object.keys(a), ...Object.keys(b)])].sort()) {
      if (this.options.ignored?.has(field)) continue;
      const [ours, theirs] = [shown(a, field), shown(b, field)];
      if (ours !== theirs) this.add({ id: textOf(live), field, live: ours, rebuilt: theirs });
    }
  }
}

/** One side of the comparison, page by page. */
class Walk {
  private readonly pages: AsyncIterator<RawDocument[]>;
  private page: readonly RawDocument[] = [];
  private index = 0;

  constructor(pages: AsyncIterable<RawDocument[]>) {
    this.pages = pages[Symbol.asyncIterator]();
  }

  get current(): RawDocument | undefined {
    return this.page[this.index];
  }

  /** False when the page is used up. */
  advance(): boolean {
    this.index += 1;
    return this.index < this.page.length;
  }

  async fill(): Promise<void> {
    do {
      const next = await this.pages.next();
      this.index = 0;
      this.page = next.done ? [] : next.value;
      if (next.done) return;
    } while (this.page.length === 0);
  }
}

function orderOf(a: RawDocument | undefined, b: RawDocument | undefined): number {
  if (!a) return 1;
  if (!b) return -1;
  return Buffer.compare(a.id, b.id);
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

function textOf({ id }: RawDocument): string {
  return Buffer.from(id).toString('utf8');
}

function shown(document: Record<string, unknown>, field: string): string | null {
  return field in document ? canonicalText(document[field]) : null;
}
