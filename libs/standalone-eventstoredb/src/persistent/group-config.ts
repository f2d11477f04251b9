/** Name that stands for $all as the source of a group. */
export const ALL_STREAM = '$all';

export const STRATEGIES = ['RoundRobin', 'DispatchToSingle', 'Pinned', 'PinnedByCorrelation'] as const;
export type StrategyName = (typeof STRATEGIES)[number];

export interface FilterConfig {
  readonly on: 'stream' | 'type';
  readonly regex: string;
  readonly prefixes: readonly string[];
}

/** What a persistent subscription was created with. */
export interface GroupConfig {
  readonly stream: string;
  readonly group: string;
  /** Revision (stream) or position ($all) of the first event, inclusive; −1 for what comes after the group was made. */
  readonly startFrom: number;
  readonly resolveLinks: boolean;
  readonly extraStatistics: boolean;
  /** 0: never. */
  readonly messageTimeoutMs: number;
  /** Redelivered so often, then parked. */
  readonly maxRetryCount: number;
  readonly checkpointAfterMs: number;
  readonly minCheckpointCount: number;
  readonly maxCheckpointCount: number;
  /** 0: any number. */
  readonly maxSubscriberCount: number;
  readonly liveBufferSize: number;
  readonly readBatchSize: number;
  readonly historyBufferSize: number;
  readonly strategy: StrategyName;
  /** Only of $all. */
  readonly filter: FilterConfig | null;
}

/** What is stored of a group. */
export interface GroupRow {
  readonly config: GroupConfig;
  /** Where a group without checkpoint starts: `startFrom`, or the end as it was when the group was made. */
  readonly origin: number;
  /** Everything up to here has been dealt with; null before the first checkpoint. */
  readonly checkpoint: number | null;
}

export function keyOf(stream: string, group: string): string {
  return `${stream}::${group}`;
}

export function checkpointStreamOf(config: Pick<GroupConfig, 'stream' | 'group'>): string {
  return `$persistentsubscription-${keyOf(config.stream, config.group)}-checkpoint`;
}

export function parkedStreamOf(config: Pick<GroupConfig, 'stream' | 'group'>): string {
  return `$persistentsubscription-${keyOf(config.stream, config.group)}-parked`;
}
