import type { StoredDocument } from '#libs/read-store';

/** Accounts of a few large communities; a few hundred bytes each. */
const MOST_DOCUMENTS = 20_000;

/**
 * Documents as a lane has just written them, so that the next batch need not load them. One is kept only after its guarded write went through:
 * it is then what is stored, unless somebody else folds into the same collection, whom the guard of the next write gives away. In place of the
 * oldest one any is forgotten when there are too many: accounts that take turns would all miss the oldest just before they need it.
 */
export class DocumentCache {
  private readonly documents = new Map<string, StoredDocument>();
  private readonly ids: string[] = [];
  private turn = 0;

  constructor(private readonly most = MOST_DOCUMENTS) {}

  find(id: string): StoredDocument | undefined {
    return this.documents.get(id);
  }

  keep(document: StoredDocument): void {
    const { _id: id } = document;
    if (!this.documents.has(id)) this.place(id);
    this.documents.set(id, document);
  }

  /** Forgets a document, of which somebody else may know more. */
  drop(id: string): void {
    this.documents.delete(id);
  }

  private place(id: string): void {
    if (this.ids.length < this.most) {
      this.ids.push(id);
      return;
    }
    // Steps that share no factor with the number of places reach all of them, in an order that no round of accounts has.
    this.turn = (this.turn + STEP) % this.ids.length;
    this.documents.delete(this.ids[this.turn]!);
    this.ids[this.turn] = id;
  }
}

/** A prime beyond any number of places. */
const STEP = 1_000_003;
