import type { Emission } from './emission.js';
import type { ScriptInterpreter } from './script/interpreter.js';
import { Callable, ScriptError, type ScriptObject, type Value, isObject, toJson, toText } from './script/values.js';

/** What a query writes by: `emit`, `linkTo`, `linkStreamTo`; and `copyTo` and `log`, which do nothing. */
export function offerWriting(interpreter: ScriptInterpreter, written: Emission[], emitEnabled: boolean): void {
  const offer = (name: string, emission: (args: readonly Value[]) => Emission): void =>
    interpreter.offer(
      name,
      new Callable((args) => {
        if (!emitEnabled) throw new ScriptError(`${name} is not allowed: the projection was made without emit enabled`);
        written.push(emission(args));
        return undefined;
      }),
    );
  offer('emit', ([stream, type, body, metadata]) => {
    if (typeof body !== 'object' || body === null) throw new ScriptError('emit needs an object');
    return { ...target(stream, type), data: toJson(body) ?? 'null', isJson: true, ...extra(metadata) };
  });
  offer('linkTo', ([stream, event, metadata]) => {
    const { sequenceNumber, streamId } = eventOf(event);
    return { ...target(stream, '$>'), data: `${toText(sequenceNumber)}@${toText(streamId)}`, ...extra(metadata) };
  });
  offer('linkStreamTo', ([stream, linked, metadata]) => {
    return { ...target(stream, '$@'), data: nameOf(linked), ...extra(metadata) };
  });
  const nothing = new Callable(() => undefined);
  interpreter.offer('copyTo', nothing);
  interpreter.offer('log', nothing);
}

function target(stream: Value, type: Value): { stream: string; type: string } {
  return { stream: nameOf(stream), type: nameOf(type) };
}

function nameOf(value: Value): string {
  if (typeof value === 'string' && value.trim() !== '') return value;
  throw new ScriptError(`${toText(value)} is not a name`);
}

function eventOf(value: Value): ScriptObject {
  if (isObject(value) && typeof value['sequenceNumber'] === 'number' && typeof value['streamId'] === 'string')
    return value;
  throw new ScriptError('linkTo needs an event');
}

function extra(metadata: Value): { metadata?: object } {
  if (!isObject(metadata)) return {};
  return { metadata: JSON.parse(toJson(metadata) ?? '{}') as object };
}
