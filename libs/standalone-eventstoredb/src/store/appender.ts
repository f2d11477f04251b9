import type { ExpectedRevision } from '../wire/append-request.js';
import { type ProposedEvent, StoredRecord } from '../wire/record.js';
import { appendReviving } from './revival.js';
import { isMetastream, isSoftDeleted, metastreamOf, originalOf } from './stream-metadata.js';
import type { EventLog, Written } from './event-log.js';
import type { LogReader } from './log-reader.js';
import type { StreamInfo } from './stream-info.js';

export type AppendOutcome =
  | ({ readonly kind: 'appended' } & Written)
  /** `current` is −1 for no stream. */
  | { readonly kind: 'wrong-revision'; readonly current: number }
  | { readonly kind: 'deleted' };

type Decision =
  | { readonly kind: 'write' }
  | { readonly kind: 'repeated'; readonly revision: number; readonly position: number }
  | { readonly kind: 'unknown' }
  | Exclude<AppendOutcome, { kind: 'appended' }>;

const WRITE: Decision = { kind: 'write' };
const DELETED: Decision = { kind: 'deleted' };

/** Checks what an append expects and makes repeated appends answer as the first did, as EventStoreDB does. */
export class Appender {
  constructor(
    private readonly log: EventLog,
    private readonly reader: LogReader,
  ) {}

  async append(stream: string, expected: ExpectedRevision, events: readonly ProposedEvent[]): Promise<AppendOutcome> {
    let info = this.log.streams.open(stream);
    let decision = this.decide(info, expected, events);
    while (decision.kind === 'unknown') {
      await this.log.settled();
      info = this.log.streams.open(stream);
      decision = this.decide(info, expected, events);
    }
    switch (decision.kind) {
      case 'write':
        if (events.length === 0) return { kind: 'appended', revision: info.last, position: this.log.head };
        return { kind: 'appended', ...(await appendReviving(this.log, this.reader, info, events)) };
      case 'repeated':
        // The first append may still be on its way to the disk: the repetition must not promise more than it.
        if (decision.position > this.log.head) await this.log.settled();
        return { kind: 'appended', revision: decision.revision, position: decision.position };
      case 'wrong-revision':
      case 'deleted':
        return decision;
    }
  }

  private decide(info: StreamInfo, expected: ExpectedRevision, events: readonly ProposedEvent[]): Decision {
    if (info.tombstoned) return DELETED;
    if (isMetastream(info.name) && this.log.streams.open(originalOf(info.name)).tombstoned) return DELETED;
    const wrong: Decision = { kind: 'wrong-revision', current: info.last };
    if (expected === 'stream_exists' && isSoftDeleted(info)) return DELETED;
    if (expected === 'stream_exists' && info.last < 0 && !this.hasMetadata(info)) return wrong;
    if (expected === 'any' || expected === 'stream_exists') return this.repeatedAnywhere(info, events, wrong);
    const revision = expected === 'no_stream' ? -1 : expected;
    if (revision > info.last) return wrong;
    if (revision === info.last) return WRITE;
    const repeated = this.repeatedAt(info, revision, events, wrong);
    // A deleted stream is as good as one that never was, unless this is a repetition of what it had.
    const anew = repeated.kind === 'wrong-revision' && expected === 'no_stream' && isSoftDeleted(info);
    return anew && !this.startsAlike(info, events) ? WRITE : repeated;
  }

  private startsAlike(info: StreamInfo, events: readonly ProposedEvent[]): boolean {
    const first = events[0];
    const stored = first === undefined ? undefined : this.reader.event(info, 0);
    return stored !== undefined && new StoredRecord(stored).id === first?.id;
  }

  private hasMetadata(info: StreamInfo): boolean {
    return this.log.streams.open(metastreamOf(info.name)).last >= 0;
  }

  /** Without a revision only the memory of recent ids can tell a repetition. */
  private repeatedAnywhere(info: StreamInfo, events: readonly ProposedEvent[], wrong: Decision): Decision {
    let position = 0;
    let revision = -1;
    for (const [index, event] of events.entries()) {
      const known = this.log.ids.get(event.id);
      if (known?.stream !== info.name) return index === 0 ? WRITE : wrong;
      ({ position, revision } = known);
    }
    return events.length === 0 ? WRITE : { kind: 'repeated', revision, position };
  }

  /** The same ids at the revisions behind the expected one: a repetition. Only some of them: a conflict. */
  private repeatedAt(info: StreamInfo, expected: number, events: readonly ProposedEvent[], wrong: Decision): Decision {
    let position = 0;
    let revision = expected;
    for (const event of events) {
      revision++;
      const known = this.log.ids.get(event.id);
      if (known?.stream === info.name && known.revision === revision) {
        position = known.position;
        continue;
      }
      if (revision > info.last) return wrong;
      if (revision > info.committed) return { kind: 'unknown' };
      const stored = this.reader.event(info, revision);
      if (stored === undefined) return wrong;
      const record = new StoredRecord(stored);
      if (record.id !== event.id) return wrong;
      position = record.position;
    }
    return events.length === 0 ? wrong : { kind: 'repeated', revision, position };
  }
}
