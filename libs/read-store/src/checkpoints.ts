import type { Collection, Filter } from 'mongodb';
import { BulkCommands } from './bulk-commands.js';
import type { CheckpointDocument } from './documents.js';

interface Asked {
  readonly checkpoint: CheckpointDocument;
  readonly guard: Filter<CheckpointDocument>;
  readonly resolve: (saved: boolean) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * The checkpoints of a database. What all read models of a drain say at about the same time goes out as one write: while one is under way, the
 * next is gathered.
 */
export class Checkpoints {
  private readonly bulk: BulkCommands;
  private asked: Asked[] = [];
  private isSending = false;

  constructor(readonly collection: Collection<CheckpointDocument>) {
    this.bulk = new BulkCommands(collection.db, collection.collectionName);
  }

  /** Never moves one back; false when the stored one is there already, or is kept by the guard. @throws ReadStoreError */
  save(checkpoint: CheckpointDocument, guard: Filter<CheckpointDocument> = {}): Promise<boolean> {
    return new Promise((resolve, reject) => {
      this.asked.push({ checkpoint, guard, resolve, reject });
      if (!this.isSending) void this.send();
    });
  }

  private async send(): Promise<void> {
    this.isSending = true;
    // Those who are woken by the same answer of the server are asked first.
    await new Promise(setImmediate);
    while (this.asked.length > 0) {
      const together = this.asked;
      this.asked = [];
      await this.sendTogether(together);
    }
    this.isSending = false;
  }

  private async sendTogether(together: readonly Asked[]): Promise<void> {
    const statements = together.map(({ checkpoint, guard }) => {
      const { _id, position } = checkpoint;
      return { q: { _id, position: { $lt: position }, ...guard }, u: checkpoint, upsert: true };
    });
    try {
      const { duplicates } = await this.bulk.update(statements);
      const refused = new Set(duplicates);
      together.forEach(({ resolve }, index) => resolve(!refused.has(index)));
    } catch (error) {
      for (const { reject } of together) reject(error);
    }
  }
}
