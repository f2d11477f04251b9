import type { Collection } from 'mongodb';
import { ignoreAlreadyDone } from './errors.js';

/** What is known of the code that folds a version of a read model. */
export interface CodeMark {
  /** `<name>.v<version>`. */
  readonly _id: string;
  /** Marks of different editions cannot be compared. */
  readonly edition: number;
  readonly mark: string;
  readonly at: string;
}

/** Each version's mark is that of the first program that folded it. */
export class CodeMarks {
  constructor(private readonly marks: Collection<CodeMark>) {}

  /** Marks of an edition by `<name>.v<version>`. */
  async find(names: readonly string[], edition: number): Promise<Map<string, string>> {
    const found = await this.marks.find({ _id: { $in: [...names] }, edition }).toArray();
    return new Map(found.map(({ _id, mark }) => [_id, mark]));
  }

  /** Leaves marks where there is none of their edition or a later one. */
  async leave(marks: readonly CodeMark[]): Promise<void> {
    if (marks.length === 0) return;
    const writes = marks.map(({ _id, edition, mark, at }) => ({
      updateOne: { filter: { _id, edition: { $lt: edition } }, update: { $set: { edition, mark, at } }, upsert: true },
    }));
    await this.marks.bulkWrite(writes, { ordered: false }).catch(ignoreAlreadyDone);
  }
}
