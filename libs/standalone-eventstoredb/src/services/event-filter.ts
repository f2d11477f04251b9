import type { ReadReq } from '@eventstore/db-client/generated/streams_pb.js';
import { invalidArgument } from '../errors.js';
import { StoredRecord } from '../wire/record.js';
import { matcherOf } from './expression.js';

export type EventFilter = (record: StoredRecord) => boolean;

const DEFAULT_WINDOW = 32;

export interface FilterOptions {
  readonly accepts: EventFilter;
  /** A subscription sends a checkpoint after so many events looked at. */
  readonly checkpointEvery: number;
}

/** The filter of a read of $all. Throws INVALID_ARGUMENT on one that can't be used. */
export function filterOf(options: ReadReq.Options.FilterOptions): FilterOptions {
  const expression = options.getStreamIdentifier() ?? options.getEventType();
  if (expression === undefined) throw invalidArgument('the filter names neither a stream nor an event type');
  const window = options.hasMax() ? options.getMax() : DEFAULT_WINDOW;
  const multiplier = Math.max(1, options.getCheckpointintervalmultiplier());
  return {
    accepts: eventFilter({
      on: options.hasStreamIdentifier() ? 'stream' : 'type',
      regex: expression.getRegex(),
      prefixes: expression.getPrefixList(),
    }),
    checkpointEvery: Math.max(1, window) * multiplier,
  };
}

/** A filter by stream name or event type: by expression, or else by prefixes. */
export function eventFilter(filter: {
  readonly on: 'stream' | 'type';
  readonly regex: string;
  readonly prefixes: readonly string[];
}): EventFilter {
  const part = (record: StoredRecord): Buffer => (filter.on === 'stream' ? record.streamName : record.type);
  return filter.regex === '' ? prefixes(part, filter.prefixes) : regex(part, filter.regex);
}

function prefixes(part: (record: StoredRecord) => Buffer, texts: readonly string[]): EventFilter {
  const wanted = texts.map((text) => Buffer.from(text, 'utf8'));
  return (record) => {
    const value = part(record);
    return wanted.some(
      (prefix) => value.length >= prefix.length && value.compare(prefix, 0, prefix.length, 0, prefix.length) === 0,
    );
  };
}

/** How many distinct names a filter remembers its verdict on. */
const REMEMBERED = 10_000;

function regex(part: (record: StoredRecord) => Buffer, source: string): EventFilter {
  const matches = matcherOf(source);
  // Event types and streams repeat: the verdict by name is much cheaper than the expression.
  const verdicts = new Map<string, boolean>();
  return (record) => {
    const name = part(record).toString('utf8');
    let verdict = verdicts.get(name);
    if (verdict === undefined) {
      verdict = matches(name);
      if (verdicts.size >= REMEMBERED) verdicts.clear();
      verdicts.set(name, verdict);
    }
    return verdict;
  };
}
