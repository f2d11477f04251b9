import { type StoredRecord, TOMBSTONE_STORED } from '../wire/record.js';
import type { Expression, Query, Statement } from './query.js';
import type { Emission, Emitter } from './system-projections.js';

/** The longest text that a query may make. */
const MAX_TEXT = 32 * 1024 * 1024;

/** What a query's projection writes for an event. Throws when it may not write, or computes with what it can't. */
export function queryEmitter(query: Query, emitEnabled: boolean): Emitter {
  return (record) => {
    const statements = comesFrom(query, record) ? handlerOf(query, record) : undefined;
    if (statements === undefined || statements.length === 0) return [];
    if (!emitEnabled) throw new Error('linkTo and emit are not allowed: the projection was made without emit enabled');
    const event = eventOf(record);
    return statements.map((statement) => emission(statement, event, record));
  };
}

/** Links are not followed, and what projections wrote is not taken up by those that read everything. */
function comesFrom({ source }: Query, record: StoredRecord): boolean {
  if (record.isLink || record.revision === TOMBSTONE_STORED) return false;
  const stream = record.streamName.toString('utf8');
  if (source.kind === 'streams') return source.names.includes(stream);
  if (source.kind === 'category' && !stream.startsWith(`${source.names[0]}-`)) return false;
  return !isEmitted(record);
}

function isEmitted(record: StoredRecord): boolean {
  const metadata = json(record.metadata);
  return field(metadata, '$causedBy') !== undefined && field(metadata, '$o') !== undefined;
}

function handlerOf({ handlers }: Query, record: StoredRecord): readonly Statement[] | undefined {
  const type = record.type.toString('utf8');
  if (type.startsWith('$')) return type === '$any' || type === '$init' ? undefined : handlers.get(type);
  return handlers.get(type) ?? handlers.get('$any');
}

function eventOf(record: StoredRecord): object {
  const data = record.isJson ? json(record.data) : record.data.toString('utf8');
  return {
    data,
    body: data,
    metadata: json(record.metadata),
    isJson: record.isJson,
    streamId: record.streamName.toString('utf8'),
    eventType: record.type.toString('utf8'),
    eventId: record.id,
    sequenceNumber: record.revision,
  };
}

function emission({ call, args }: Statement, event: object, record: StoredRecord): Emission {
  const [stream, second, third, fourth] = args.map((argument) => valueOf(argument, event));
  if (call === 'linkTo') {
    if (second !== event) throw new Error('linkTo links the event of the handler only');
    const data = `${record.revision}@${record.streamName.toString('utf8')}`;
    return { stream: nameOf(stream), type: '$>', data };
  }
  const metadata = typeof fourth === 'object' && fourth !== null ? fourth : {};
  return { stream: nameOf(stream), type: nameOf(second), data: JSON.stringify(third ?? null), isJson: true, metadata };
}

function nameOf(value: unknown): string {
  if (typeof value === 'string' && value !== '') return value;
  throw new Error(`${JSON.stringify(value)} is not a name`);
}

function valueOf(expression: Expression, event: object): unknown {
  switch (expression.kind) {
    case 'value':
      return expression.value;
    case 'event':
      return expression.path.reduce<unknown>(field, event);
    case 'object':
      return Object.fromEntries(expression.fields.map(([name, value]) => [name, valueOf(value, event)]));
    case 'add':
      return sum(valueOf(expression.left, event), valueOf(expression.right, event));
    case 'multiply':
      return Number(valueOf(expression.left, event)) * Number(valueOf(expression.right, event));
    case 'repeat':
      return repeated(valueOf(expression.left, event), Number(valueOf(expression.right, event)));
  }
}

function sum(left: unknown, right: unknown): unknown {
  if (typeof left === 'number' && typeof right === 'number') return left + right;
  return limited(`${textOf(left)}${textOf(right)}`);
}

function textOf(value: unknown): string {
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value);
}

function repeated(value: unknown, times: number): string {
  const text = textOf(value);
  if (!(times >= 0) || text.length * times > MAX_TEXT) throw new Error(`a text can't be repeated ${times} times`);
  return text.repeat(times);
}

function limited(text: string): string {
  if (text.length > MAX_TEXT) throw new Error('a text has become too long');
  return text;
}

function field(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Record<string, unknown>)[name];
}

function json(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}
