import { checkSize } from './bson-size.js';
import { BsonWriter } from './bson-writer.js';
import type { StoredDocument } from './documents.js';

/** Well below what a server takes in one message (48,000,000 bytes and 100,000 documents), and such that a buffer of 1 MiB holds it. */
const MESSAGE_BYTES = 992 * 1024;
const MESSAGE_DOCUMENTS = 50_000;
/** Buffers that are kept to be filled again. */
const KEPT_WRITERS = 16;
const KEPT_BYTES = 1024 * 1024;

/** New append-only documents that are to be inserted together, as bytes already: a document costs no memory but those. */
export interface DocumentPack {
  readonly count: number;
  readonly bytes: number;
  /** Adds an event's documents, all or none. @throws ReadStoreError DOCUMENT_UNSTORABLE */
  add(documents: readonly StoredDocument[]): void;
}

interface Message {
  readonly writer: BsonWriter;
  documents: number;
}

/** A pack in messages of a handy size. */
export class BsonPack implements DocumentPack {
  readonly messages: Message[] = [];
  count = 0;
  bytes = 0;

  add(documents: readonly StoredDocument[]): void {
    const { count, bytes } = this;
    const full = this.messages.length;
    const last = this.messages.at(-1);
    const before = last && { documents: last.documents, length: last.writer.length };
    try {
      for (const document of documents) this.addOne(document);
    } catch (error) {
      for (const { writer } of this.messages.splice(full)) keepWriter(writer);
      if (last && before) {
        last.documents = before.documents;
        last.writer.cutTo(before.length);
      }
      Object.assign(this, { count, bytes });
      throw error;
    }
  }

  private addOne(document: StoredDocument): void {
    let message = this.messages.at(-1);
    if (!message || message.writer.length >= MESSAGE_BYTES || message.documents >= MESSAGE_DOCUMENTS) {
      message = { writer: takeWriter(), documents: 0 };
      this.messages.push(message);
    }
    const { writer } = message;
    const start = writer.length;
    writer.add(document);
    const size = writer.length - start;
    checkSize(size);
    message.documents += 1;
    this.count += 1;
    this.bytes += size;
  }

  /** To be called when nobody reads the bytes any more. */
  release(): void {
    for (const { writer } of this.messages.splice(0)) keepWriter(writer);
  }
}

const spare: BsonWriter[] = [];

/** An empty writer, used before or new. */
export function takeWriter(): BsonWriter {
  return spare.pop() ?? new BsonWriter();
}

/** To be taken again. */
export function keepWriter(writer: BsonWriter): void {
  if (spare.length >= KEPT_WRITERS || writer.capacity > KEPT_BYTES) return;
  writer.clear();
  spare.push(writer);
}
