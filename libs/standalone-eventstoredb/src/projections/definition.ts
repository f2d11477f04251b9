import type { ScriptInterpreter } from './script/interpreter.js';
import { Callable, ScriptError, type ScriptObject, type Value, isObject, objectOf, toText } from './script/values.js';

export interface Transform {
  readonly kind: 'transform' | 'filter';
  readonly by: Callable;
}

/** What a query says of itself when it is run: where its events come from and who handles them. */
export interface Definition {
  source: 'all' | 'streams' | 'category' | undefined;
  readonly names: Set<string>;
  partition: 'none' | 'stream' | Callable;
  readonly handlers: Map<string, Callable>;
  readonly transforms: Transform[];
  /** Results are written to a stream. */
  output: boolean;
  resultStream: string | undefined;
  biState: boolean;
  includeLinks: boolean;
}

/** Options that change nothing here: all events come in the order of their positions. */
const WITHOUT_EFFECT = ['reorderEvents', 'processingLag'];

/** Runs a script to learn what it defines. Throws {@link ScriptError} if that is beyond this server. */
export function define(interpreter: ScriptInterpreter): Definition {
  const definition: Definition = {
    source: undefined,
    names: new Set(),
    partition: 'none',
    handlers: new Map(),
    transforms: [],
    output: false,
    resultStream: undefined,
    biState: false,
    includeLinks: false,
  };
  const chain = chainOf(definition);
  const from = (source: Definition['source'], prefix = ''): Callable =>
    new Callable((args) => {
      for (const name of args.flat() as Value[]) {
        if (typeof name !== 'string' || name === '')
          throw new ScriptError(`${toText(name)} is not the name of a source`);
        definition.names.add(prefix + name);
      }
      if (source !== 'all' && definition.names.size === 0) throw new ScriptError('the source has no name');
      definition.source = source;
      return chain;
    });
  interpreter.offer('fromAll', from('all'));
  interpreter.offer('fromStream', from('streams'));
  interpreter.offer('fromStreams', from('streams'));
  interpreter.offer('fromCategory', from('category'));
  interpreter.offer('fromCategories', from('category'));
  interpreter.offer('options', new Callable(([options]) => setOptions(definition, options)));
  interpreter.run();
  if (definition.source === undefined) throw new ScriptError('it says not where its events come from');
  if (definition.handlers.size === 0) throw new ScriptError('it has no .when({…})');
  return definition;
}

function setOptions(definition: Definition, options: Value): undefined {
  for (const [name, value] of Object.entries(isObject(options) ? options : {})) {
    if (name === 'biState') definition.biState = value === true;
    else if (name === '$includeLinks') definition.includeLinks = value === true;
    else if (name === 'resultStreamName') definition.resultStream = toText(value);
    else if (!WITHOUT_EFFECT.includes(name)) throw new ScriptError(`the option ${name} is not understood`);
  }
}

function functionOf(value: Value, what: string): Callable {
  if (value instanceof Callable) return value;
  throw new ScriptError(`${what} needs a function`);
}

function chainOf(definition: Definition): ScriptObject {
  const link = (change: (args: readonly Value[]) => void): Callable =>
    new Callable((args) => {
      change(args);
      return chain;
    });
  const transform = (kind: Transform['kind']): Callable =>
    link(([by]) => {
      definition.transforms.push({ kind, by: functionOf(by, kind) });
      definition.output = true;
    });
  const chain = objectOf({
    when: link(([handlers]) => addHandlers(definition, handlers)),
    foreachStream: link(() => void (definition.partition = 'stream')),
    partitionBy: link(([by]) => void (definition.partition = functionOf(by, 'partitionBy'))),
    outputState: link(() => void (definition.output = true)),
    transformBy: transform('transform'),
    filterBy: transform('filter'),
    outputTo: link(([stream, ...more]) => {
      if (typeof stream !== 'string' || more.length > 0) throw new ScriptError('outputTo is understood with one name');
      definition.resultStream = stream;
    }),
  });
  return chain;
}

function addHandlers(definition: Definition, handlers: Value): void {
  for (const [type, handler] of Object.entries(isObject(handlers) ? handlers : {})) {
    if (handler instanceof Callable) definition.handlers.set(type, handler);
  }
  if (definition.handlers.has('$initShared')) definition.biState = true;
}
