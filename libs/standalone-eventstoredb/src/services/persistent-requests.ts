import type { CreateReq, UpdateReq } from '@eventstore/db-client/generated/persistent_pb.js';
import { groupFailed, invalidArgument } from '../errors.js';
import {
  ALL_STREAM,
  type FilterConfig,
  type GroupConfig,
  STRATEGIES,
  type StrategyName,
} from '../persistent/group-config.js';

type Options = CreateReq.Options | UpdateReq.Options;
type Settings = CreateReq.Settings | UpdateReq.Settings;

interface StreamIdentifier {
  getStreamName_asU8(): Uint8Array;
}

/** The stream that a request names, or $all. */
export function sourceNameOf(identifier: StreamIdentifier | undefined, all: boolean): string {
  if (all) return ALL_STREAM;
  const name = Buffer.from(identifier?.getStreamName_asU8() ?? []).toString('utf8');
  if (name === '') throw invalidArgument('neither a stream nor $all was named');
  return name;
}

/** Throws when $all was named as if it were a stream. */
export function refuseAllByName(stream: string, group: string, asAll: boolean): void {
  if (stream !== ALL_STREAM || asAll) return;
  throw groupFailed(stream, group, '$all is subscribed to as such, not by the name of a stream');
}

export function createConfigOf(request: CreateReq): GroupConfig {
  const options = request.getOptions();
  if (options === undefined) throw invalidArgument('the options of the subscription group are missing');
  const settings = options.getSettings();
  const named = settings?.getConsumerStrategy() ?? '';
  return { ...configOf(options, named), filter: filterOf(options.getAll()?.getFilter()) };
}

export function updateConfigOf(request: UpdateReq): Omit<GroupConfig, 'filter'> {
  const options = request.getOptions();
  if (options === undefined) throw invalidArgument('the options of the subscription group are missing');
  return configOf(options, '');
}

function configOf(options: Options, namedStrategy: string): Omit<GroupConfig, 'filter'> {
  const settings = options.getSettings();
  if (settings === undefined) throw invalidArgument('the settings of the subscription group are missing');
  const identifier = options.getStream()?.getStreamIdentifier() ?? options.getStreamIdentifier();
  const stream = sourceNameOf(identifier, options.hasAll());
  const group = options.getGroupName();
  refuseAllByName(stream, group, options.hasAll());
  return {
    stream,
    group,
    startFrom: startOf(options, settings),
    resolveLinks: settings.getResolveLinks(),
    extraStatistics: settings.getExtraStatistics(),
    messageTimeoutMs: milliseconds(settings.getMessageTimeoutMs(), settings.getMessageTimeoutTicks()),
    maxRetryCount: settings.getMaxRetryCount(),
    checkpointAfterMs: milliseconds(settings.getCheckpointAfterMs(), settings.getCheckpointAfterTicks()),
    minCheckpointCount: settings.getMinCheckpointCount(),
    maxCheckpointCount: settings.getMaxCheckpointCount(),
    maxSubscriberCount: settings.getMaxSubscriberCount(),
    liveBufferSize: settings.getLiveBufferSize(),
    readBatchSize: settings.getReadBatchSize(),
    historyBufferSize: settings.getHistoryBufferSize(),
    strategy: strategyOf(namedStrategy, settings.getNamedConsumerStrategy(), stream, group),
  };
}

/** The first event, inclusive; −1: what comes from now on. Older clients give a revision in the settings. */
function startOf(options: Options, settings: Settings): number {
  const place = options.getStream() ?? options.getAll();
  if (place?.hasStart() === true) return 0;
  if (place?.hasEnd() === true) return -1;
  const text =
    options.getStream()?.getRevision() ??
    options.getAll()?.getPosition()?.getCommitPosition() ??
    settings.getRevision();
  const value = Number(text);
  return value < 0 || value > Number.MAX_SAFE_INTEGER ? -1 : value;
}

const TICKS_PER_MILLISECOND = 10_000;

function milliseconds(ms: number, ticks: string): number {
  return ms > 0 ? ms : Math.floor(Number(ticks) / TICKS_PER_MILLISECOND);
}

function strategyOf(named: string, value: number, stream: string, group: string): StrategyName {
  if (named === '') return (['DispatchToSingle', 'RoundRobin', 'Pinned'] as const)[value] ?? 'RoundRobin';
  const strategy = STRATEGIES.find((name) => name === named);
  if (strategy === undefined) throw groupFailed(stream, group, `Consumer strategy ${named} does not exist.`);
  return strategy;
}

function filterOf(filter: CreateReq.AllOptions.FilterOptions | undefined): FilterConfig | null {
  const byStream = filter?.getStreamIdentifier();
  const expression = byStream ?? filter?.getEventType();
  if (expression === undefined) return null;
  return {
    on: byStream === undefined ? 'type' : 'stream',
    regex: expression.getRegex(),
    prefixes: expression.getPrefixList(),
  };
}
