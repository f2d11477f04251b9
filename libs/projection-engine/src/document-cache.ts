import type { StoredDocument } from '#libs/read-store';

/** Accounts of a few large communities; a few hundred bytes of BSON each, and two or three times that in memory. */
const MOST = { documents: 20_000, bytes: 4 * 1024 * 1024 };
/** A prime beyond any number of places. */
const STEP = 1_000_003;

interface Kept {
  readonly document: StoredDocument;
  readonly bytes: number;
  place: number;
}

/**
 * Documents as a lane has just written them, so that the next batch need not load them. One is kept only after its guarded write went through:
 * it is then what is stored, unless somebody else folds into the same collection, whom the guard of the next write gives away. In place of the
 * oldest one any is forgotten when they are too many or too large: accounts that take turns would all miss the oldest just before they need it.
 */
export class DocumentCache {
  private readonly kept = new Map<string, Kept>();
  private readonly ids: string[] = [];
  private turn = 0;
  private bytes = 0;

  constructor(private readonly most = MOST) {}

  find(id: string): StoredDocument | undefined {
    return this.kept.get(id)?.document;
  }

  /** @param bytes of the document as BSON */
  keep(document: StoredDocument, bytes: number): void {
    const { _id: id } = document;
    this.drop(id);
    if (bytes > this.most.bytes) return;
    while (this.ids.length >= this.most.documents || this.bytes + bytes > this.most.bytes) {
      this.turn = (this.turn + STEP) % this.ids.length;
      this.drop(this.ids[this.turn]!);
    }
    this.kept.set(id, { document, bytes, place: this.ids.length });
    this.ids.push(id);
    this.bytes += bytes;
  }

  /** Forgets a document, of which somebody else may know more. */
  drop(id: string): void {
    const known = this.kept.get(id);
    if (!known) return;
    this.kept.delete(id);
    this.bytes -= known.bytes;
    const last = this.ids.pop()!;
    if (last === id) return;
    this.ids[known.place] = last;
    this.kept.get(last)!.place = known.place;
  }
}
