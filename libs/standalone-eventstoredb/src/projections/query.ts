import type { StoredRecord } from '../wire/record.js';
import { type Definition, define } from './definition.js';
import type { Emission } from './emission.js';
import type { ProjectedEvent } from './event-source.js';
import { offerWriting } from './query-writing.js';
import { ScriptInterpreter } from './script/interpreter.js';
import { type Callable, ScriptError, type Value, fromJson, isTrue, toJson, toText } from './script/values.js';

/** The states that a query has folded, as JSON, by partition ('' where there are none). */
export interface States {
  get(partition: string): string | undefined;
  set(partition: string, json: string): void;
}

/** Where the state that all partitions share is kept. */
export const SHARED = '\0shared';

/** A query, ready to fold events. What it writes is in {@link Emission}s, what it remembers in {@link States}. */
export class Query {
  readonly definition: Definition;
  private readonly interpreter: ScriptInterpreter;
  private readonly written: Emission[] = [];

  /** Throws {@link ScriptError} if the source is beyond this server. */
  constructor(
    source: string,
    private readonly name: string,
    emitEnabled: boolean,
  ) {
    this.interpreter = new ScriptInterpreter(source);
    offerWriting(this.interpreter, this.written, emitEnabled);
    this.definition = define(this.interpreter);
  }

  /** The states after an event, and what it writes. */
  fold(event: ProjectedEvent, states: States): readonly Emission[] {
    const handler = this.handlerOf(event.type);
    if (handler === undefined) return [];
    this.written.length = 0;
    const value = event.asValue();
    const partition = this.partitionOf(event, value);
    if (partition === undefined) return [];
    value['partition'] = partition;
    const known = states.get(partition);
    const state = this.stateOf(known, states);
    if (known === undefined) this.run('$created', [state, value]);
    const before = this.definition.output && known !== undefined ? this.result(known) : undefined;
    const after = this.interpreter.call(handler, [state, value]);
    this.keep(after === undefined ? state : after, partition, states);
    if (this.definition.output) this.writeResult(partition, before, states);
    return [...this.written];
  }

  /** A stream has been deleted: its partition is told, if it has one. */
  streamDeleted(stream: string, softly: boolean, states: States): readonly Emission[] {
    const known = this.definition.partition === 'stream' ? states.get(stream) : undefined;
    if (known === undefined || this.definition.biState || !this.definition.handlers.has('$deleted')) return [];
    this.written.length = 0;
    const state = fromJson(known);
    this.run('$deleted', [state, null, stream, softly]);
    this.keep(state, stream, states);
    return [...this.written];
  }

  /** What a state comes to, as JSON; undefined when a filter drops it. */
  result(json: string): string | undefined {
    let value = fromJson(json);
    for (const { kind, by } of this.definition.transforms) {
      const outcome = this.interpreter.call(by, [value]);
      if (kind === 'transform') value = outcome;
      else if (!isTrue(outcome)) return undefined;
      if (value === null || value === undefined) return undefined;
    }
    return toJson(value);
  }

  /** Names beginning with $ are the system's: they are handled by their name only. */
  private handlerOf(type: string): Callable | undefined {
    const { handlers } = this.definition;
    if (!type.startsWith('$')) return handlers.get(type) ?? handlers.get('$any');
    return /^\$(any|init|initShared|created|deleted)$/.test(type) ? undefined : handlers.get(type);
  }

  private partitionOf(event: ProjectedEvent, value: Value): string | undefined {
    const { partition } = this.definition;
    if (partition === 'none') return '';
    if (partition === 'stream') return event.stream;
    const chosen = this.interpreter.call(partition, [value]);
    if (typeof chosen === 'number') return String(chosen);
    return typeof chosen === 'string' && chosen !== '' ? chosen : undefined;
  }

  private stateOf(known: string | undefined, states: States): Value {
    const state = known === undefined ? this.initial('$init') : fromJson(known);
    if (!this.definition.biState) return state;
    const shared = states.get(SHARED);
    return [state, shared === undefined ? this.initial('$initShared') : fromJson(shared)];
  }

  private initial(name: '$init' | '$initShared'): Value {
    const handler = this.definition.handlers.get(name);
    return handler === undefined ? fromJson('{}') : this.interpreter.call(handler, []);
  }

  private run(name: string, args: readonly Value[]): void {
    const handler = this.definition.handlers.get(name);
    if (handler !== undefined) this.interpreter.call(handler, args);
  }

  private keep(value: Value, partition: string, states: States): void {
    const pair = this.definition.biState && Array.isArray(value) ? value : undefined;
    states.set(partition, toJson(pair === undefined ? value : pair[0]) ?? 'null');
    if (pair !== undefined) states.set(SHARED, toJson(pair[1]) ?? 'null');
  }

  private writeResult(partition: string, before: string | undefined, states: States): void {
    const after = this.result(states.get(partition) ?? 'null');
    if (after === before) return;
    const all = this.definition.resultStream ?? `$projections-${this.name}-result`;
    const stream = partition === '' ? all : `$projections-${this.name}-${partition}-result`;
    if (after === undefined) this.written.push({ stream, type: 'ResultRemoved', data: '', isJson: false });
    else this.written.push({ stream, type: 'Result', data: after, isJson: true });
  }
}

/** Whether a record was written by the projection itself, which does not take it up again. */
export function isOwn(record: StoredRecord, name: string): boolean {
  if (!record.metadata.includes('"$v"')) return false;
  try {
    const metadata = JSON.parse(record.metadata.toString('utf8')) as { $v?: unknown } | null;
    return typeof metadata?.$v === 'string' && metadata.$v.startsWith(`${name}:`);
  } catch {
    return false;
  }
}

/** Why a source is refused, or undefined. */
export function refusalOf(source: string, name: string, emitEnabled: boolean): string | undefined {
  try {
    new Query(source, name, emitEnabled);
    return undefined;
  } catch (error) {
    if (error instanceof ScriptError) return toText(error.message);
    throw error;
  }
}
