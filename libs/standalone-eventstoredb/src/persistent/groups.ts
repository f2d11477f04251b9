import {
  cancelled,
  groupDropped,
  groupExists,
  groupFailed,
  groupNotFound,
  maximumSubscribersReached,
} from '../errors.js';
import { EventPresenter } from '../services/event-presenter.js';
import type { EventLog } from '../store/event-log.js';
import type { LogReader } from '../store/log-reader.js';
import { CheckpointStream } from './checkpoint-stream.js';
import { tellOfChange } from './config-events.js';
import type { Consumer, ConsumerCall } from './consumer.js';
import {
  ALL_STREAM,
  type GroupConfig,
  type GroupRow,
  checkpointStreamOf,
  keyOf,
  parkedStreamOf,
} from './group-config.js';
import { Group } from './group.js';
import { Parking } from './parking.js';
import { sourceOf } from './source.js';

/** All persistent subscriptions of the server. */
export class Groups {
  private readonly groups = new Map<string, Group>();
  private readonly rows = new Map<string, GroupRow>();

  constructor(
    private readonly log: EventLog,
    private readonly reader: LogReader,
  ) {
    for (const { key, value } of log.files.groups.getRange({})) this.rows.set(key, value as GroupRow);
    this.startAll();
  }

  /** Throws if there is one of that name. */
  async create(config: GroupConfig): Promise<void> {
    this.checkStart(config);
    if (this.groups.has(keyOf(config.stream, config.group))) throw groupExists(config.stream, config.group);
    checkConfig(config);
    const end = sourceOf(config, this.log, this.reader).end();
    const row: GroupRow = { config, origin: config.startFrom < 0 ? end : config.startFrom, checkpoint: null };
    this.start(row);
    await Promise.all([this.save(row), tellOfChange(this.log, 'created', config)]);
  }

  /** Changes the settings; consumers are dropped and connect again, the checkpoint stays. */
  async update(config: Omit<GroupConfig, 'filter'>): Promise<void> {
    const group = this.get(config.stream, config.group);
    const changed: GroupConfig = { ...config, filter: group.config.filter };
    this.checkStart(changed);
    checkConfig(changed);
    group.stop(groupDropped(config.stream, config.group));
    const key = keyOf(config.stream, config.group);
    const before = this.rows.get(key);
    const end = sourceOf(changed, this.log, this.reader).end();
    const origin = changed.startFrom < 0 ? Math.min(before?.origin ?? end, end) : changed.startFrom;
    const row: GroupRow = { config: changed, origin, checkpoint: group.checkpoint ?? null };
    this.start(row);
    await Promise.all([this.save(row), tellOfChange(this.log, 'updated', changed)]);
  }

  async delete(stream: string, name: string): Promise<void> {
    const group = this.get(stream, name);
    this.groups.delete(keyOf(stream, name));
    group.stop(groupDropped(stream, name));
    await Promise.all([group.parts.parking.delete(), group.parts.checkpoints.delete()]);
    this.rows.delete(keyOf(stream, name));
    const removed = this.log.write(() => void this.log.files.groups.remove(keyOf(stream, name)));
    await Promise.all([removed, tellOfChange(this.log, 'deleted', group.config)]);
  }

  get(stream: string, name: string): Group {
    const group = this.groups.get(keyOf(stream, name));
    if (group === undefined) throw groupNotFound(stream, name);
    return group;
  }

  list(stream?: string): Group[] {
    const groups = [...this.groups.values()];
    return stream === undefined ? groups : groups.filter(({ config }) => config.stream === stream);
  }

  connect(stream: string, name: string, call: ConsumerCall): [Group, Consumer] {
    const group = this.get(stream, name);
    const { maxSubscriberCount } = group.config;
    if (maxSubscriberCount > 0 && group.consumers.length >= maxSubscriberCount) {
      throw maximumSubscribersReached(stream, name);
    }
    return [group, group.connect(call)];
  }

  /** Stops every group (dropping its consumers) and starts it anew from what is stored. */
  restart(): void {
    for (const group of this.groups.values()) group.stop(groupDropped(group.config.stream, group.config.group));
    this.groups.clear();
    this.startAll();
  }

  stop(): void {
    for (const group of this.groups.values()) group.stop(cancelled('the server is shutting down'));
  }

  /** A group of $all starts at a position that there is; a stream may still become as long. */
  private checkStart({ stream, group, startFrom }: GroupConfig): void {
    if (stream !== ALL_STREAM || startFrom <= this.log.head) return;
    throw groupFailed(stream, group, `There is no position ${startFrom} to start from yet.`);
  }

  private startAll(): void {
    for (const row of this.rows.values()) this.start(row);
  }

  private async save(row: GroupRow): Promise<void> {
    const key = keyOf(row.config.stream, row.config.group);
    this.rows.set(key, row);
    await this.log.write(() => void this.log.files.groups.put(key, row));
  }

  private start(row: GroupRow): void {
    const { config } = row;
    const key = keyOf(config.stream, config.group);
    const source = sourceOf(config, this.log, this.reader);
    const checkpoints = new CheckpointStream(this.log, this.reader, checkpointStreamOf(config));
    const parts = {
      source,
      checkpoints,
      parking: new Parking(this.log, this.reader, parkedStreamOf(config)),
      presenter: new EventPresenter(this.log, this.reader, { resolveLinks: true, structuredIds: false }),
      notifier: this.log.notifier,
      saveCheckpoint: (checkpoint: number): void => {
        // Not saved, the group starts from an earlier checkpoint: events come again, none is lost.
        const saved = [this.save({ ...row, checkpoint }), checkpoints.tell(source.text(checkpoint))];
        Promise.all(saved).catch(() => undefined);
      },
    };
    const next = row.checkpoint === null ? row.origin : row.checkpoint + 1;
    this.groups.set(key, new Group(config, parts, next, row.checkpoint ?? undefined));
  }
}

function checkConfig(config: GroupConfig): void {
  const failed = (reason: string): Error => groupFailed(config.stream, config.group, reason);
  if (config.group === '') throw failed('Bad subscription group name.');
  if (config.historyBufferSize <= 0) throw failed('Buffer Size must be positive.');
  if (config.liveBufferSize <= 0) throw failed('Live Buffer Size must be positive.');
  if (config.readBatchSize <= 0) throw failed('Read Batch Size must be positive.');
  if (config.readBatchSize >= config.historyBufferSize) throw failed('Read Batch Size must be less than Buffer Size.');
}
