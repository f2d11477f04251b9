import { type EventFilter, eventFilter } from '../services/event-filter.js';
import { ALL, type EventLog } from '../store/event-log.js';
import type { LogReader, Page } from '../store/log-reader.js';
import { StoredRecord } from '../wire/record.js';
import { isCheckpoint } from './checkpoint-stream.js';
import { ALL_STREAM, type GroupConfig } from './group-config.js';

/** Events looked at for a page of a filtered group: it may then be longer than asked for. */
const FILTERED_PAGE = 128;

/** A page of what a group wants. */
export interface SourcePage extends Page {
  /** Events of the page that its filter does not want, but for those that tell of checkpoints. */
  readonly passedOver: number;
}

/** Where a group takes its events from. Sequence: revision in a stream, position in $all. */
export interface Source {
  /** Key to wait on for more. */
  readonly key: string;
  read(from: number, limit: number): SourcePage;
  /** The sequence after the last event there is now. */
  end(): number;
  sequenceOf(record: StoredRecord): number;
  /** A sequence as the protocol's info writes it. */
  text(sequence: number): string;
}

export function sourceOf(config: GroupConfig, log: EventLog, reader: LogReader): Source {
  return config.stream === ALL_STREAM ? new AllSource(config, log, reader) : new StreamSource(config, log, reader);
}

class StreamSource implements Source {
  readonly key: string;

  constructor(
    config: GroupConfig,
    private readonly log: EventLog,
    private readonly reader: LogReader,
  ) {
    this.key = config.stream;
  }

  read(from: number, limit: number): SourcePage {
    return { ...this.reader.streamForwards(this.log.streams.open(this.key), from, limit), passedOver: 0 };
  }
  end(): number {
    return this.log.streams.open(this.key).committed + 1;
  }
  sequenceOf(record: StoredRecord): number {
    return record.revision;
  }
  text(sequence: number): string {
    return String(sequence);
  }
}

class AllSource implements Source {
  readonly key = ALL;
  private readonly accepts: EventFilter | undefined;
  private failed = false;

  constructor(
    private readonly config: GroupConfig,
    private readonly log: EventLog,
    private readonly reader: LogReader,
  ) {
    this.accepts = config.filter === null ? undefined : eventFilter(config.filter);
  }

  read(from: number, limit: number): SourcePage {
    const { accepts } = this;
    if (accepts === undefined) return { ...this.reader.allForwards(from, limit), passedOver: 0 };
    if (this.failed) return { records: [], next: from, end: true, passedOver: 0 };
    const page = this.reader.allForwards(from, Math.max(limit, FILTERED_PAGE));
    try {
      const all = page.records.map((record) => new StoredRecord(record));
      const wanted = all.filter(accepts);
      const passedOver = all.filter((record) => !isCheckpoint(record)).length - wanted.length;
      return { ...page, records: wanted.map(({ buffer }) => buffer), passedOver: Math.max(0, passedOver) };
    } catch (error) {
      // An expression that takes too long: nothing may be skipped, so the group stays where it is until it is made anew.
      this.failed = true;
      console.error(`group ${this.config.group} to $all has stopped: ${(error as Error).message}`);
      return { records: [], next: from, end: true, passedOver: 0 };
    }
  }
  end(): number {
    return this.log.head + 1;
  }
  sequenceOf(record: StoredRecord): number {
    return record.position;
  }
  text(sequence: number): string {
    return `C:${sequence}/P:${sequence}`;
  }
}
