import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { StoreNode } from '../node.js';
import { StoredRecord } from '../wire/record.js';

let dataDir: string;
let node: StoreNode;
beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'standalone-projection-'));
  node = await StoreNode.open(dataDir);
});
afterAll(async () => {
  await node.stop();
  await node.close();
  rmSync(dataDir, { recursive: true, force: true });
});

describe('a projection', () => {
  it('that takes long on each event lets others in between', async () => {
    const event = { type: Buffer.from('T'), isJson: true, data: Buffer.from('{}'), metadata: Buffer.alloc(0) };
    const events = Array.from({ length: 12 }, () => ({ ...event, id: randomUUID() }));
    await node.appender.append('long', 'any', events);
    const query = `fromStream('long').when({ $init: () => ({ n: 0 }),
      T(s, e) { for (let i = 0; i < 80000; i++) { s.n = i; } } })`;
    await node.projections.create({ mode: 'Continuous', name: 'slow', query, emitEnabled: false, trackEmitted: false });
    const projection = node.projections.get('slow', 'Status');
    const seen = new Set<number>();
    while (projection.processed < events.length && projection.fault === undefined) {
      await nextTurn();
      seen.add(projection.processed);
    }
    expect(projection.fault).toBeUndefined();
    expect(seen.size).toBeGreaterThan(3);
  });

  it('brings streams back that were deleted, and writes nothing to those that have ended', async () => {
    const event = (type: string) => ({
      id: randomUUID(),
      type: Buffer.from(type),
      isJson: true,
      data: Buffer.from('{}'),
      metadata: Buffer.alloc(0),
    });
    const query = `fromStream('both').when({ $any(s, e) { emit('deleted', 'E', {}); emit('ended', 'E', {}); } })`;
    await node.appender.append('deleted', 'any', [event('Before')]);
    await node.appender.append('ended', 'any', [event('Before')]);
    await node.deleter.delete('deleted', 'any');
    await node.deleter.tombstone('ended', 'any');
    const { head } = node.log;
    await node.appender.append('both', 'any', [event('Now')]);
    await node.projections.create({ mode: 'Continuous', name: 'both', query, emitEnabled: true, trackEmitted: false });
    const typesIn = (stream: string): string[] =>
      node.reader
        .streamForwards(node.log.streams.open(stream), 0)
        .records.map((record) => new StoredRecord(record).type.toString());
    while (typesIn('deleted').length === 0) await nextTurn();
    expect(typesIn('deleted')).toEqual(['E']);
    const since = node.reader.allForwards(head + 1).records.map((record) => new StoredRecord(record));
    expect(since.map(({ streamName }) => streamName.toString())).not.toContain('ended');
  });
});
