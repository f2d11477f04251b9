import { checkSize } from './bson-size.js';
import { BsonWriter } from './bson-writer.js';
import type { StoredDocument } from './documents.js';

/** Well below what a server takes in one message (48,000,000 bytes and 100,000 documents), and such that a buffer of 1 MiB holds it. */
const MESSAGE_BYTES = 992 * 1024;
const MESSAGE_DOCUMENTS = 50_000;
/** Buffers that are kept to be filled again. */
const KEPT_WRITERS = 64;
const KEPT_BYTES = 1024 * 1024;

/** New append-only documents that are to be inserted together, as bytes already: a document costs no memory but those. */
export interface DocumentPack {
  readonly count: number;
  readonly bytes: number;
  /** Adds an event's documents, all or none. @throws ReadStoreError DOCUMENT_UNSTORABLE */
  add(documents: readonly StoredDocument[]): void;
}

/** Documents in one buffer. */
interface Segment {
  readonly writer: BsonWriter;
  documents: number;
}

/** A pack in buffers of a handy size. */
export class BsonPack implements DocumentPack {
  private readonly segments: Segment[] = [];
  /** Of each document: its id, its segment, and where it begins and ends there. Lists of numbers: objects would cost more than what they say. */
  private readonly ids: string[] = [];
  private readonly segmentOf: number[] = [];
  private readonly starts: number[] = [];
  private readonly ends: number[] = [];
  count = 0;
  bytes = 0;

  add(documents: readonly StoredDocument[]): void {
    const { count, bytes } = this;
    const full = this.segments.length;
    const last = this.segments.at(-1);
    const before = last && { documents: last.documents, length: last.writer.length };
    try {
      for (const document of documents) this.addOne(document);
    } catch (error) {
      for (const { writer } of this.segments.splice(full)) keepWriter(writer);
      for (const list of this.lists) list.length = count;
      if (last && before) {
        last.documents = before.documents;
        last.writer.cutTo(before.length);
      }
      Object.assign(this, { count, bytes });
      throw error;
    }
  }

  private addOne(document: StoredDocument): void {
    let segment = this.segments.at(-1);
    if (!segment || segment.writer.length >= MESSAGE_BYTES || segment.documents >= MESSAGE_DOCUMENTS) {
      segment = { writer: takeWriter(), documents: 0 };
      this.segments.push(segment);
    }
    const { writer } = segment;
    const start = writer.length;
    writer.add(document);
    const size = writer.length - start;
    checkSize(size);
    segment.documents += 1;
    this.ids.push(document._id);
    this.segmentOf.push(this.segments.length - 1);
    this.starts.push(start);
    this.ends.push(writer.length);
    this.count += 1;
    this.bytes += size;
  }

  private get lists(): readonly unknown[][] {
    return [this.ids, this.segmentOf, this.starts, this.ends];
  }

  /**
   * Its messages, each good until the next is asked for by the same sender. What is more than one is in order of the ids: documents that are near each
   * other in the server's indexes are stored together, and a page of an index is written once for all of them.
   */
  async sendEach(send: (message: Buffer) => Promise<void>, atOnce: number): Promise<void> {
    const [only] = this.segments;
    if (only && this.segments.length === 1) return send(only.writer.written);
    const { ids } = this;
    const order = Uint32Array.from(ids.keys()).sort((a, b) => (ids[a]! < ids[b]! ? -1 : 1));
    let next = 0;
    const sendInTurn = async (): Promise<void> => {
      const writer = takeWriter();
      try {
        while (next < order.length) {
          writer.clear();
          for (let n = 0; n < MESSAGE_DOCUMENTS && next < order.length && writer.length < MESSAGE_BYTES; n += 1) {
            this.copyTo(writer, order[next]!);
            next += 1;
          }
          await send(writer.written);
        }
      } finally {
        keepWriter(writer);
      }
    };
    const sent = await Promise.allSettled(Array.from({ length: atOnce }, sendInTurn));
    const failed = sent.find((result) => result.status === 'rejected');
    if (failed) throw failed.reason;
  }

  private copyTo(writer: BsonWriter, document: number): void {
    const { written } = this.segments[this.segmentOf[document]!]!.writer;
    writer.append(written.subarray(this.starts[document], this.ends[document]));
  }

  /** To be called when nobody reads the bytes any more. */
  release(): void {
    for (const { writer } of this.segments.splice(0)) keepWriter(writer);
    for (const list of this.lists) list.length = 0;
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
