import { randomUUID } from 'node:crypto';
import { SYSTEM_PROJECTIONS } from '../projections/system-projections.js';
import type { ProposedEvent } from '../wire/record.js';
import type { EventLog } from './event-log.js';

const STREAM = '$projections-$all';

/** What a new node writes before anything else, as EventStoreDB does: the names of its projections. */
export async function seed(log: EventLog): Promise<void> {
  if (log.head > 0) return;
  const created = [...SYSTEM_PROJECTIONS.keys()].map((name) => systemEvent('$ProjectionCreated', name));
  await log.append(log.streams.open(STREAM), [systemEvent('$ProjectionsInitialized', ''), ...created]);
}

function systemEvent(type: string, data: string): ProposedEvent {
  return {
    id: randomUUID(),
    type: Buffer.from(type),
    isJson: false,
    data: Buffer.from(data),
    metadata: Buffer.alloc(0),
  };
}
