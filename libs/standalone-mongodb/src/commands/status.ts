import { hostname } from 'node:os';
import { DoubleOf } from '../bson/build.js';
import { Doc } from '../bson/document.js';
import { DateTime } from '../bson/values.js';
import type { Collection } from '../storage/collection.js';
import { failAt } from '../errors.js';
import { okReply } from '../wire/reply.js';
import { checkNumber } from './arguments.js';
import type { CommandContext } from './context.js';
import { VERSION } from './handshake.js';
import type { Command } from './registry.js';

interface Sizes {
  readonly count: number;
  readonly size: number;
}

function sizesOf(collection: Collection | undefined): Sizes {
  if (collection === undefined) return { count: 0, size: 0 };
  return { count: collection.size.count, size: collection.size.bytes };
}

function scaleOf(context: CommandContext): number {
  const given = context.arg('scale');
  if (given !== undefined) checkNumber(`${context.name}.scale`, 'scale', 'number', given);
  const scale = context.number('scale') ?? 1;
  return scale >= 1 ? scale : failAt(51024, `BSON field 'scale' value must be >= 1, actual value '${scale}'`);
}

const collStats: Command = (context) => {
  const collection = context.collection();
  const { count, size } = sizesOf(collection);
  const scale = scaleOf(context);
  return okReply({
    ns: context.namespace,
    size: Math.floor(size / scale),
    count,
    avgObjSize: count > 0 ? Math.floor(size / count) : undefined,
    storageSize: Math.floor(size / scale),
    capped: false,
    nindexes: collection?.indexes.length ?? 0,
    indexSizes: Object.fromEntries((collection?.indexes ?? []).map((index) => [index.name, 0])),
    totalIndexSize: 0,
    totalSize: Math.floor(size / scale),
    scaleFactor: scale,
  });
};

const dbStats: Command = (context) => {
  const collections = context.catalog.list(context.db);
  const sizes = collections.map(sizesOf);
  const dataSize = sizes.reduce((sum, one) => sum + one.size, 0);
  const objects = sizes.reduce((sum, one) => sum + one.count, 0);
  const scale = scaleOf(context);
  return okReply({
    db: context.db,
    collections: collections.length,
    views: 0,
    objects,
    avgObjSize: new DoubleOf(objects > 0 ? dataSize / objects : 0),
    dataSize: new DoubleOf(dataSize / scale),
    storageSize: new DoubleOf(dataSize / scale),
    indexes: collections.reduce((sum, one) => sum + one.indexes.length, 0),
    indexSize: new DoubleOf(0),
    totalSize: new DoubleOf(dataSize / scale),
    scaleFactor: scale,
  });
};

const started = Date.now();

const serverStatus: Command = (context) =>
  okReply({
    host: hostname(),
    version: VERSION.slice(0, 3).join('.'),
    process: 'estate-standalone-mongodb',
    pid: BigInt(process.pid),
    uptime: new DoubleOf(Math.floor((Date.now() - started) / 1000)),
    uptimeMillis: BigInt(Date.now() - started),
    localTime: new DateTime(BigInt(Date.now())),
    ...context.figures.fields,
    mem: { bits: 64, resident: Math.round(process.memoryUsage().rss / 1_048_576) },
    metrics: { cursor: { open: { total: BigInt(context.cursors.size) } } },
    storageEngine: { name: 'lmdb', persistent: true },
  });

export const statusCommands: Readonly<Record<string, Command>> = {
  collStats,
  collstats: collStats,
  dbStats,
  dbstats: dbStats,
  serverStatus,
  getCmdLineOpts: () => okReply({ argv: [], parsed: Doc.EMPTY }),
  hostInfo: () => okReply({ system: { currentTime: new DateTime(BigInt(Date.now())) } }),
};
