import { type Document, MongoError, type Db } from 'mongodb';
import { DocumentSequence } from 'mongodb/lib/cmap/commands.js';
import type { BsonWriter } from './bson-writer.js';
import { keepWriter, takeWriter, type BsonPack } from './document-pack.js';
import { DUPLICATE_KEY, ReadStoreError } from './errors.js';

/** Well below what a server takes in one message: 48,000,000 bytes and 100,000 documents. */
const MESSAGE_BYTES = 8 * 1024 * 1024;
const MESSAGE_DOCUMENTS = 50_000;
/** What servers of all versions take. */
const DOCUMENT_BYTES = 16 * 1024 * 1024;
/** Of a pack. */
const MESSAGES_AT_ONCE = 4;
const WRITE_CONCERN = { w: 'majority', j: true } as const;
/** The server is not the primary (any more), or shuts down: it has done nothing, or does not say. */
const STEPPED_DOWN = new Set([6, 7, 89, 91, 189, 262, 9001, 10107, 11600, 11602, 13435, 13436]);

/** What a bulk command has done, all of its messages together. */
export interface BulkOutcome {
  /** Documents inserted, or matched and upserted. */
  readonly count: number;
  /** Entries whose `_id` was there already, by their index. */
  readonly duplicates: readonly number[];
}

interface WriteAnswer extends Document {
  readonly n?: number;
  readonly writeErrors?: readonly { readonly index: number; readonly code: number; readonly errmsg?: string }[];
  readonly writeConcernError?: { readonly errmsg?: string };
}

/**
 * Unordered bulk writes as commands of their own, acknowledged by the majority and journaled: documents go out as the writer has made them. The
 * driver's bulk API, which looks at each document several times, costs more than all the rest of a read model.
 */
export class BulkCommands {
  constructor(
    private readonly db: Db,
    private readonly collection: string,
  ) {}

  /** @throws ReadStoreError READ_STORE_WRITE_FAILED for any failure but a duplicate `_id` */
  insert(documents: readonly object[]): Promise<BulkOutcome> {
    return this.send('insert', 'documents', documents);
  }

  /** Statements as the command `update` has them. @throws ReadStoreError READ_STORE_WRITE_FAILED as `insert` */
  update(
    statements: readonly { readonly q: object; readonly u: object; readonly upsert: boolean }[],
  ): Promise<BulkOutcome> {
    return this.send('update', 'updates', statements);
  }

  /** Sends some messages at once, so that the server always has one to store, and takes the pack's bytes back. @throws ReadStoreError as `insert` */
  async insertPack(pack: BsonPack): Promise<void> {
    try {
      await pack.sendEach(async (message) => {
        duplicatesIn(await this.run(this.commandOf('insert', 'documents', message)));
      }, MESSAGES_AT_ONCE);
    } finally {
      pack.release();
    }
  }

  private commandOf(command: 'insert' | 'update', field: string, documents: Buffer): Document {
    const sequence = new DocumentSequence(field);
    sequence.push({}, documents);
    return { [command]: this.collection, ordered: false, writeConcern: WRITE_CONCERN, [field]: sequence };
  }

  private async send(command: 'insert' | 'update', field: string, entries: readonly object[]): Promise<BulkOutcome> {
    const writer = takeWriter();
    const outcome = { count: 0, duplicates: [] as number[] };
    try {
      for (let next = 0; next < entries.length;) {
        const from = next;
        next = fill(writer, entries, from);
        const answer = await this.run(this.commandOf(command, field, writer.written));
        outcome.count += answer.n ?? 0;
        for (const index of duplicatesIn(answer)) outcome.duplicates.push(from + index);
      }
    } finally {
      keepWriter(writer);
    }
    return outcome;
  }

  /** Each command may come twice, and changes nothing the second time: after a change of the primary it is sent again, once. */
  private async run(command: Document): Promise<WriteAnswer> {
    try {
      return (await this.db.command(command)) as WriteAnswer;
    } catch (error) {
      if (!isPassing(error)) throw error;
      return (await this.db.command(command)) as WriteAnswer;
    }
  }
}

/** Fills one message; answers the index of the first entry that is not in it. */
function fill(writer: BsonWriter, entries: readonly object[], from: number): number {
  writer.clear();
  const end = Math.min(entries.length, from + MESSAGE_DOCUMENTS);
  for (let next = from; next < end; next += 1) {
    const start = writer.length;
    writer.add(entries[next]!);
    const size = writer.length - start;
    if (size > DOCUMENT_BYTES)
      throw new ReadStoreError('READ_STORE_WRITE_FAILED', `A document of ${size} bytes of BSON`);
    if (writer.length <= MESSAGE_BYTES || next === from) continue;
    writer.cutTo(start);
    return next;
  }
  return end;
}

function duplicatesIn({ writeErrors = [], writeConcernError }: WriteAnswer): number[] {
  const other = writeErrors.find(({ code }) => code !== DUPLICATE_KEY) ?? writeConcernError;
  if (!other) return writeErrors.map(({ index }) => index);
  throw new ReadStoreError('READ_STORE_WRITE_FAILED', `A write to the read store failed: ${other.errmsg}`);
}

/** The driver marks what broke off on a connection to a replica set. */
function isPassing(error: unknown): boolean {
  if (!(error instanceof MongoError)) return false;
  return error.hasErrorLabel('RetryableWriteError') || STEPPED_DOWN.has(Number(error.code));
}
