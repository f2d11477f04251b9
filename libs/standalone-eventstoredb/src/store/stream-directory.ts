import { createHash } from 'node:crypto';
import type { StreamInfo } from './stream-info.js';
import { isMetastream } from './stream-metadata.js';
import { type StreamRow, indexKey, runOf } from './files.js';
import type { Storage } from './storage.js';

/** lmdb's keys end at 1,978 bytes. */
const PLAIN_NAME = /^[\x20-\x7e]{1,500}$/;
const CACHED_STREAMS = 20_000;

/** Streams by name: rows on disk, the ones in use in a bounded cache. */
export class StreamDirectory {
  /** Those asked for of late. When there are many they become the old ones, and the old ones that nobody has asked for since go. */
  private recent = new Map<string, StreamInfo>();
  private old = new Map<string, StreamInfo>();
  private nextId = 1;

  constructor(private readonly storage: Storage) {}

  /** Forgets what is in memory, for what is on disk. */
  load(): void {
    this.recent = new Map();
    this.old = new Map();
    this.nextId = this.storage.files.state.get('nextStreamId') ?? 1;
  }

  /** The stream of that name, which need not exist yet. */
  open(name: string): StreamInfo {
    const known = this.recent.get(name);
    if (known !== undefined) return known;
    const info = this.old.get(name) ?? this.find(name);
    this.recent.set(name, info);
    if (this.recent.size >= CACHED_STREAMS / 2) this.age();
    return info;
  }

  /** Gives a new stream its number; returns what writes that, to be called in a commit. */
  create(info: StreamInfo): () => void {
    info.id = this.nextId++;
    const next = this.nextId;
    const save = this.save(info);
    return () => {
      void this.storage.files.state.put('nextStreamId', next);
      save();
    };
  }

  /** Returns what writes the row of a stream as it is now, to be called in a commit. */
  save(info: StreamInfo): () => void {
    if (info.id === 0) return this.create(info);
    const row: StreamRow = {
      id: info.id,
      name: info.name,
      truncateBefore: info.truncateBefore,
      maxCount: info.maxCount,
      maxAgeSeconds: info.maxAgeSeconds,
      tombstoned: info.tombstoned,
    };
    return () => void this.storage.files.streams.put(keyOf(info.name), row);
  }

  private find(name: string): StreamInfo {
    const row = this.storage.files.streams.get(keyOf(name));
    const last = row === undefined ? -1 : this.lastRevision(row.id);
    return {
      id: row?.id ?? 0,
      name,
      nameBytes: unpooled(name),
      last,
      committed: last,
      pending: 0,
      truncateBefore: row?.truncateBefore ?? 0,
      maxCount: row?.maxCount ?? (isMetastream(name) ? 1 : null),
      maxAgeSeconds: row?.maxAgeSeconds ?? null,
      tombstoned: row?.tombstoned ?? false,
    };
  }

  private lastRevision(id: number): number {
    const range = { start: indexKey(id, Infinity), end: indexKey(id, 0), reverse: true, inclusiveEnd: true, limit: 1 };
    for (const { key, value } of this.storage.files.index.getRange(range)) {
      const run = runOf(key, value);
      return run.revision + run.count - 1;
    }
    return -1;
  }

  private age(): void {
    const gone = this.old;
    this.old = this.recent;
    this.recent = new Map();
    for (const [name, info] of gone) {
      if (info.pending > 0 && !this.old.has(name)) this.recent.set(name, info);
    }
  }
}

/** Short plain names are their own key; others, which may be long or need escapes, are looked up by their hash. */
function keyOf(name: string): string {
  if (PLAIN_NAME.test(name)) return `n${name}`;
  return `h${createHash('sha256').update(name).digest('base64url')}`;
}

/** Bytes of their own: a slice of Node's pool would keep eight kilobytes alive for every stream in the cache. */
function unpooled(text: string): Buffer {
  const bytes = Buffer.allocUnsafeSlow(Buffer.byteLength(text));
  bytes.write(text);
  return bytes;
}
