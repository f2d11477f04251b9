import { createHash } from 'node:crypto';
import type { EventLog } from '../store/event-log.js';
import { type StoredRecord, TOMBSTONE_STORED } from '../wire/record.js';
import type { Emission, Handler } from './emission.js';
import { projected } from './event-source.js';
import { Query, type States, isOwn } from './query.js';

/** States that are kept in memory: so many, and so long in all. */
const MAX_KNOWN = 10_000;
const MAX_KNOWN_LENGTH = 16 * 1024 * 1024;

/** A projection of a query: its states are stored with what it writes. */
export class QueryHandler implements Handler, States {
  private readonly query: Query;
  private readonly prefix: string;
  private readonly known = new Map<string, string | undefined>();
  private readonly changed = new Set<string>();
  /** Of everything that came into memory since it was last cleared. */
  private knownLength = 0;

  /** Throws ScriptError if the source is beyond this server. */
  constructor(
    source: string,
    private readonly name: string,
    emitEnabled: boolean,
    private readonly log: EventLog,
    private readonly target: (link: StoredRecord) => StoredRecord | undefined,
  ) {
    this.query = new Query(source, name, emitEnabled);
    this.prefix = statePrefix(name);
  }

  handle(record: StoredRecord): readonly Emission[] {
    const deleted = deletionOf(record);
    if (deleted !== undefined) return this.query.streamDeleted(deleted.stream, deleted.softly, this);
    const event = projected(this.query.definition, record, this.target);
    if (event === undefined || isOwn(record, this.name)) return [];
    return this.query.fold(event, this);
  }

  get(partition: string): string | undefined {
    if (!this.known.has(partition)) this.remember(partition, this.stored(partition));
    return this.known.get(partition);
  }

  set(partition: string, json: string): void {
    this.remember(partition, json);
    this.changed.add(partition);
  }

  /** For those who ask: what is being folded is left alone. */
  state(partition: string): string | undefined {
    return this.known.get(partition) ?? this.stored(partition);
  }

  result(partition: string): string | undefined {
    const state = this.state(partition);
    return state === undefined ? undefined : this.query.result(state);
  }

  save(): readonly Promise<unknown>[] {
    const states = [...this.changed].map((partition) => [this.keyOf(partition), this.known.get(partition)] as const);
    this.changed.clear();
    if (this.known.size > MAX_KNOWN || this.knownLength > MAX_KNOWN_LENGTH) this.forget();
    if (states.length === 0) return [];
    const written = this.log.write(() => {
      for (const [key, state] of states) void this.log.files.projectionStates.put(key, state ?? 'null');
    });
    return [written];
  }

  forget(): void {
    this.known.clear();
    this.changed.clear();
    this.knownLength = 0;
  }

  async clear(): Promise<void> {
    this.forget();
    await removeStates(this.log, this.name);
  }

  private remember(partition: string, json: string | undefined): void {
    this.known.set(partition, json);
    this.knownLength += json?.length ?? 0;
  }

  private stored(partition: string): string | undefined {
    return this.log.files.projectionStates.get(this.keyOf(partition));
  }

  private keyOf(partition: string): string {
    return this.prefix + digest(partition);
  }
}

/** Settles when nothing is left of what a projection remembered. */
export function removeStates(log: EventLog, name: string): Promise<void> {
  const start = statePrefix(name);
  return log.write(() => {
    const { projectionStates } = log.files;
    for (const key of [...projectionStates.getKeys({ start, end: `${start}~` })]) void projectionStates.remove(key);
  });
}

/** Names may be longer than a key of lmdb. */
function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}

function statePrefix(name: string): string {
  return `${digest(name)}:`;
}

/** The stream that a record of $all says is deleted: by a tombstone, or by its metadata. */
function deletionOf(record: StoredRecord): { stream: string; softly: boolean } | undefined {
  const stream = record.streamName.toString('utf8');
  if (record.revision === TOMBSTONE_STORED) return { stream, softly: false };
  if (!stream.startsWith('$$') || !record.data.includes('9223372036854775807')) return undefined;
  return { stream: stream.slice(2), softly: true };
}
