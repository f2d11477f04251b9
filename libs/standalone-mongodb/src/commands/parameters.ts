import { docOf, type Plain } from '../bson/build.js';
import { toDouble } from '../bson/numbers.js';
import { isNumber, typeName, type Value } from '../bson/values.js';
import { fail } from '../errors.js';
import { okReply } from '../wire/reply.js';
import type { CommandContext } from './context.js';
import type { Command } from './registry.js';

interface Parameter {
  readonly get: (context: CommandContext) => Plain;
  /** Absent: it is only told. */
  readonly set?: (context: CommandContext, value: Value, name: string) => void;
}

/** A whole number that is not below `least`. */
function whole(name: string, value: Value, least: number): number {
  if (!isNumber(value)) return fail('BadValue', `Failed to parse value for ${name}: wrong type '${typeName(value)}'`);
  const number = toDouble(value);
  if (!Number.isInteger(number)) fail('BadValue', `Expected a number in: ${name}`);
  if (number < least) {
    fail('BadValue', `Invalid value for parameter ${name}: ${number} is not greater than or equal to ${least}`);
  }
  return number;
}

const PARAMETERS: Readonly<Record<string, Parameter>> = {
  featureCompatibilityVersion: { get: () => docOf({ version: '8.0' }) },
  enableTestCommands: { get: () => false },
  ttlMonitorSleepSecs: {
    get: ({ catalog }) => catalog.parameters.ttlMonitorSleepSecs,
    set: ({ catalog }, value, name) => (catalog.parameters.ttlMonitorSleepSecs = whole(name, value, 1)),
  },
  ttlMonitorEnabled: {
    get: ({ catalog }) => catalog.parameters.ttlMonitorEnabled,
    set: ({ catalog }, value) =>
      (catalog.parameters.ttlMonitorEnabled = isNumber(value) ? toDouble(value) !== 0 : value === true),
  },
  internalQueryMaxBlockingSortMemoryUsageBytes: {
    get: ({ catalog }) => catalog.parameters.sortBytes,
    set: ({ catalog }, value, name) => (catalog.parameters.sortBytes = whole(name, value, 0)),
  },
  internalDocumentSourceGroupMaxMemoryBytes: {
    get: ({ catalog }) => catalog.parameters.groupBytes,
    set: ({ catalog }, value, name) => (catalog.parameters.groupBytes = whole(name, value, 1)),
  },
  cursorTimeoutMillis: {
    get: ({ cursors }) => BigInt(cursors.idleMs),
    set: ({ cursors }, value, name) => (cursors.idleMs = whole(name, value, 0)),
  },
};

const getParameter: Command = (context) => {
  const all = context.body.fields[0]?.value === '*';
  const found = Object.entries(PARAMETERS).filter(([name]) => all || context.body.has(name));
  if (found.length === 0) fail('InvalidOptions', 'no option found to get');
  return okReply(Object.fromEntries(found.map(([name, { get }]) => [name, get(context)])));
};

const setParameter: Command = (context) => {
  const given = context.body.fields.slice(1).filter(({ name }) => !NOT_PARAMETERS.has(name));
  const [first] = given;
  if (first === undefined) return fail('InvalidOptions', 'no option found to set, use help:true to see options ');
  for (const { name } of given) {
    const parameter = Object.hasOwn(PARAMETERS, name) ? PARAMETERS[name] : undefined;
    if (parameter === undefined) {
      fail('InvalidOptions', `attempted to set unrecognized parameter [${name}], use help:true to see options `);
    }
    if (parameter.set === undefined) fail('IllegalOperation', `not allowed to change [${name}] at runtime`);
  }
  const was = PARAMETERS[first.name]?.get(context);
  for (const { name, value } of given) PARAMETERS[name]?.set?.(context, value, name);
  context.catalog.parameters.changed();
  return okReply({ was });
};

const NOT_PARAMETERS = new Set([
  '$db',
  'lsid',
  '$clusterTime',
  '$readPreference',
  'comment',
  'maxTimeMS',
  'apiVersion',
]);

export const parameterCommands: Readonly<Record<string, Command>> = { getParameter, setParameter };
