import type { ReadReq } from '@eventstore/db-client/generated/streams_pb.js';
import { invalidArgument } from '../errors.js';
import { type FilterOptions, filterOf } from './event-filter.js';

/** A decoded `ReadReq`. Positions and revisions beyond 2^53 are the end: nothing of this server lies there. */
export interface ReadQuery {
  /** undefined: $all. */
  readonly stream: Buffer | undefined;
  readonly from: number | 'start' | 'end';
  readonly backwards: boolean;
  /** undefined: a subscription. */
  readonly maxCount: number | undefined;
  readonly resolveLinks: boolean;
  readonly structuredIds: boolean;
  readonly filter: FilterOptions | undefined;
  /** A client of this generation (1: it wants to know the stream's last revision), 0 for those that do not say. */
  readonly compatibility: number;
}

/** Throws INVALID_ARGUMENT when the combination makes no sense. */
export function readQueryOf(request: ReadReq): ReadQuery {
  const options = request.getOptions();
  if (options === undefined) throw invalidArgument('the options of the read are missing');
  const subscription = options.hasSubscription();
  if (!subscription && !options.hasCount()) throw invalidArgument('neither a count nor a subscription was asked for');
  const backwards = options.getReadDirection() === 1;
  if (subscription && backwards) throw invalidArgument('a subscription can only read forwards');
  const filter = options.getFilter();
  return {
    ...sourceOf(options),
    backwards,
    maxCount: subscription ? undefined : numberOf(options.getCount()),
    resolveLinks: options.getResolveLinks(),
    structuredIds: options.getUuidOption()?.hasString() !== true,
    filter: filter === undefined ? undefined : filterOf(filter),
    compatibility: options.getControlOption()?.getCompatibility() ?? 0,
  };
}

function sourceOf(options: ReadReq.Options): Pick<ReadQuery, 'stream' | 'from'> {
  const stream = options.getStream();
  if (stream !== undefined) {
    const name = Buffer.from(stream.getStreamIdentifier()?.getStreamName_asU8() ?? []);
    if (name.length === 0) throw invalidArgument('the name of the stream is empty');
    return {
      stream: name,
      from: stream.hasEnd() ? 'end' : stream.hasRevision() ? placeOf(stream.getRevision()) : 'start',
    };
  }
  const all = options.getAll();
  if (all === undefined) throw invalidArgument('neither a stream nor $all was asked for');
  const position = all.getPosition();
  if (position === undefined) return { stream: undefined, from: all.hasEnd() ? 'end' : 'start' };
  return { stream: undefined, from: placeOf(position.getCommitPosition()) };
}

/** Some clients name the end by the largest value there is. */
function placeOf(text: string): number | 'end' {
  const place = numberOf(text);
  return place === Infinity ? 'end' : place;
}

function numberOf(text: string): number {
  const value = Number(text);
  // uint64 fields of this protocol come as text; −1 stands for the largest value in some clients.
  if (value < 0 || value > Number.MAX_SAFE_INTEGER) return Infinity;
  return value;
}
