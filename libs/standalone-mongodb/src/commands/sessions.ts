import { randomBytes } from 'node:crypto';
import { docOf } from '../bson/build.js';
import { Arr, Doc } from '../bson/document.js';
import { Binary, type Value } from '../bson/values.js';
import { failAt } from '../errors.js';
import { okReply } from '../wire/reply.js';
import { wrongType } from './arguments.js';
import type { Command } from './registry.js';

/** Refuses what is no logical session's id: `{id: UUID}`. `path` is how mongod's messages name it. */
export function checkSessionId(path: string, lsid: Value): void {
  if (!(lsid instanceof Doc)) return wrongType(path, lsid, "type 'object'");
  const id = lsid.get('id');
  if (id === undefined) return failAt(40414, `BSON field '${path}.id' is missing but a required field`);
  if (!(id instanceof Binary)) return wrongType(`${path}.id`, id, "type 'binData'");
  if (id.subtype !== 4) {
    const found = `the wrong binData type '${SUBTYPES[id.subtype] ?? 'general'}'`;
    wrongType(`${path}.id`, id, "type 'UUID'", found);
  }
}

const SUBTYPES: Readonly<Record<number, string>> = { 0: 'general', 1: 'function', 3: 'UUID', 5: 'MD5' };

/** endSessions and its relatives: a list of ids, of sessions that hold nothing here. */
const sessionList: Command = (context) => {
  const list = context.body.fields[0]?.value;
  const path = `${context.name}.${context.name}`;
  if (!(list instanceof Arr)) return wrongType(path, list ?? null, "type 'array'");
  for (const [i, lsid] of list.items.entries()) checkSessionId(`${path}.${i}`, lsid);
  return okReply();
};

export const sessionCommands: Readonly<Record<string, Command>> = {
  endSessions: sessionList,
  refreshSessions: sessionList,
  killSessions: sessionList,
  killAllSessions: () => okReply(),
  startSession: () => {
    const uuid = randomBytes(16);
    uuid[6] = ((uuid[6] as number) & 0x0f) | 0x40;
    uuid[8] = ((uuid[8] as number) & 0x3f) | 0x80;
    return okReply({ id: docOf({ id: new Binary(4, uuid) }), timeoutMinutes: 30 });
  },
};
