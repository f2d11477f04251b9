#!/usr/bin/env node
/**
 * Checks an export of events (docs/export-format.md) with nothing but Node: every hash, every chain, the order, the last line.
 *
 *   node verify-export.mjs FILE [--heads EARLIER]
 *
 * EARLIER is an earlier export of the same community, or just its last line: then a rewritten or shortened past is found, too.
 * Prints one line per fault and a last line that sums up. Exit status: 0 no fault, 1 faults, 2 wrong call or unreadable file.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';

const ZERO_HASH = '0'.repeat(64);
const HASH = /^[0-9a-f]{64}$/;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const DECIMAL = /^(0|[1-9][0-9]*)$/;
const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;
const STREAM = /^[a-z]+-([A-Za-z0-9_/\p{Script=Han}]{1,64})\.[A-Za-z0-9_\-./\p{Script=Han}]{1,64}$/u;
const TOKEN = /[{}[\]:,]|"(?:[^"\\]|\\.)*"|[^\s{}[\]:,"]+/g;

const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
const isText = (value) => typeof value === 'string';
const matches = (pattern) => (value) => isText(value) && pattern.test(value);
const isId = matches(UUID);
const isHash = matches(HASH);
const isInstant = matches(INSTANT);
const hasExactly = (value, names) => isObject(value) && Object.keys(value).sort().join() === [...names].sort().join();

const EVENT_FIELDS = {
  stream: matches(STREAM),
  revision: matches(DECIMAL),
  id: isId,
  type: matches(/^[A-Z][A-Za-z0-9]*$/),
  data: isObject,
  metadata: isObject,
};
const METADATA_FIELDS = {
  $correlationId: isText,
  $causationId: isText,
  commandId: isId,
  inputHash: isHash,
  actor: (value) => hasExactly(value, ['id', 'role']) && isText(value.id) && isText(value.role),
  communityId: isText,
  occurredAt: isInstant,
  effectiveOn: matches(/^\d{4}-\d{2}-\d{2}$/),
  recordedAt: isInstant,
  schemaVersion: (value) => Number.isInteger(value) && value >= 1,
  prevHash: isHash,
  hash: isHash,
};

const sha256 = (text) => createHash('sha256').update(text, 'utf8').digest('hex');

/** RFC 8785 for the values that events may hold; throws for any other. */
function canonical(value) {
  if (value === null || typeof value === 'boolean') return String(value);
  if (isText(value)) {
    if (/\p{Surrogate}/u.test(value)) throw new Error('a text with half a character (lone surrogate)');
    return JSON.stringify(value);
  }
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value) || Object.is(value, -0))
      throw new Error(`the number ${value} is not a safe integer`);
    return String(value);
  }
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  const members = Object.keys(value).sort();
  return `{${members.map((name) => `${canonical(name)}:${canonical(value[name])}`).join()}}`;
}

/** Parses one line. JSON.parse takes the last of two members of one name, and 1e2 for 100: those are faults here. */
function parseLine(text) {
  const value = JSON.parse(text);
  if (JSON.stringify(value) === text) return value;
  const scopes = [];
  const tokens = text.match(TOKEN) ?? [];
  tokens.forEach((token, index) => {
    if (token === '{') scopes.push(new Set());
    else if (token === '[') scopes.push(undefined);
    else if (token === '}' || token === ']') scopes.pop();
    else if (tokens[index + 1] === ':' && scopes.at(-1)) {
      const name = JSON.parse(token);
      if (scopes.at(-1).has(name)) throw new Error(`the member ${token} occurs twice`);
      scopes.at(-1).add(name);
    } else if (/^[-\d]/.test(token) && !/^(0|-?[1-9]\d*)$/.test(token))
      throw new Error(`the number ${token} is not written as an integer`);
  });
  return value;
}

function fieldProblem(value, fields, optional = []) {
  for (const [name, isValid] of Object.entries(fields)) {
    if (!Object.hasOwn(value, name)) return `the field ${name} is missing`;
    if (!isValid(value[name])) return `the field ${name} is not valid`;
  }
  const unknown = Object.keys(value).find((name) => !Object.hasOwn(fields, name) && !optional.includes(name));
  return unknown === undefined ? undefined : `the field ${unknown} is not known`;
}

function shapeProblem(event) {
  const problem = fieldProblem(event, EVENT_FIELDS) ?? fieldProblem(event.metadata, METADATA_FIELDS, ['traceparent']);
  if (problem) return problem;
  const { traceparent, communityId } = event.metadata;
  if (traceparent !== undefined && !isText(traceparent)) return 'the field traceparent is not valid';
  return STREAM.exec(event.stream)[1] === communityId
    ? undefined
    : `communityId is not that of the stream ${event.stream}`;
}

class Verifier {
  faults = 0;
  events = 0;
  heads = new Map();
  ids = new Set();
  order = createHash('sha256');
  last = undefined;
  community = undefined;

  constructor(earlier, print) {
    this.earlier = earlier;
    this.missing = new Map(Object.entries(earlier?.heads ?? {}));
    this.print = print;
  }

  fault(line, code, message) {
    this.faults += 1;
    this.print(`line ${line}: ${code}: ${message}`);
  }

  line(text, number) {
    let value;
    try {
      value = parseLine(text);
    } catch (error) {
      return this.fault(number, 'NOT_JSON', error.message);
    }
    if (!isObject(value)) return this.fault(number, 'NOT_AN_EVENT', 'the line is not a JSON object');
    if (this.last) return this.fault(number, 'AFTER_THE_END', 'there is something behind the last line with the heads');
    if (Object.hasOwn(value, 'heads') && !Object.hasOwn(value, 'stream')) {
      this.last = { ...value, number };
      return undefined;
    }
    return this.event(value, number);
  }

  event(event, number) {
    this.events += 1;
    const problem = shapeProblem(event);
    if (problem) return this.fault(number, 'NOT_AN_EVENT', problem);
    const { stream, revision, id, type, data } = event;
    const { hash, ...metadata } = event.metadata;
    const at = `${stream}@${revision}`;
    this.order.update(hash);
    if (this.ids.has(id)) this.fault(number, 'DUPLICATE_ID', `the id ${id} of ${at} occurred before`);
    this.ids.add(id);
    this.community ??= metadata.communityId;
    if (metadata.communityId !== this.community)
      this.fault(number, 'OTHER_COMMUNITY', `${at} is not of ${this.community}`);
    this.chain(event, at, number);
    try {
      const actual = sha256(canonical({ stream, revision, id, type, data, metadata }));
      if (actual !== hash) this.fault(number, 'HASH_WRONG', `${at} carries ${hash}, its content gives ${actual}`);
    } catch (error) {
      this.fault(number, 'NOT_CANONICAL', `${at}: ${error.message}`);
    }
    return this.past(event, at, number);
  }

  chain({ stream, revision, metadata }, at, number) {
    const before = this.heads.get(stream);
    const due = before ? BigInt(before.revision) + 1n : 0n;
    if (BigInt(revision) !== due) this.fault(number, 'REVISION_WRONG', `${at} comes where revision ${due} is due`);
    else if (metadata.prevHash !== (before?.hash ?? ZERO_HASH))
      this.fault(number, 'CHAIN_BROKEN', `prevHash of ${at} is not the hash before it`);
    if (before && metadata.recordedAt < before.recordedAt)
      this.fault(number, 'RECORDED_EARLIER', `${at} was recorded before its predecessor`);
    this.heads.set(stream, { revision, hash: metadata.hash, recordedAt: metadata.recordedAt });
  }

  past({ stream, revision, metadata }, at, number) {
    const head = this.missing.get(stream);
    if (head && String(head.revision) === revision) {
      this.missing.delete(stream);
      if (head.hash !== metadata.hash)
        this.fault(number, 'PAST_REWRITTEN', `${at} had the hash ${head.hash} in the earlier export`);
    }
    if (this.earlier?.digest === undefined || this.events !== this.earlier.events) return;
    if (this.order.copy().digest('hex') !== this.earlier.digest) {
      this.fault(
        number,
        'PAST_REWRITTEN',
        `the first ${this.events} events are not those of the earlier export, in its order`,
      );
    }
  }

  end(lines) {
    for (const [stream, { revision }] of this.missing) {
      this.fault(lines, 'PAST_LOST', `${stream} reached revision ${revision} in the earlier export and does not here`);
    }
    if (this.earlier && this.events < this.earlier.events)
      this.fault(lines, 'PAST_LOST', `the earlier export had ${this.earlier.events} events`);
    if (!this.last)
      return this.fault(lines, 'TAIL_LOST', 'the last line, with the number of events and the heads, is missing');
    const { number, ...last } = this.last;
    const problem = fieldProblem(last, { events: Number.isInteger, heads: isObject }, ['digest']);
    if (problem) return this.fault(number, 'HEADS_WRONG', problem);
    if (last.events !== this.events)
      this.fault(number, 'COUNT_WRONG', `the last line tells of ${last.events} events, there are ${this.events}`);
    for (const stream of new Set([...Object.keys(last.heads), ...this.heads.keys()])) {
      const [told, found] = [last.heads[stream], this.heads.get(stream)].map(
        (head) => head && `${head.revision} ${head.hash}`,
      );
      if (told !== found)
        this.fault(
          number,
          'HEADS_WRONG',
          `${stream}: the last line tells ${told ?? 'nothing'}, the events end at ${found ?? 'nothing'}`,
        );
    }
    const digest = this.order.digest('hex');
    if (last.digest !== undefined && last.digest !== digest)
      this.fault(number, 'ORDER_WRONG', 'the events are not in the order of the export (digest)');
    return undefined;
  }
}

/** The lines of a file as text; throws for bytes that are not UTF-8. */
async function* linesOf(path) {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  let rest = '';
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop();
    yield* lines;
  }
  rest += decoder.decode();
  if (rest !== '') yield rest;
}

async function readEarlier(path) {
  let last = '';
  for await (const line of linesOf(path)) if (line.trim() !== '') last = line;
  const value = JSON.parse(last);
  if (!isObject(value.heads)) throw new Error(`${path} does not end with a line of heads`);
  return value;
}

async function main(args) {
  const at = args.indexOf('--heads');
  const headsFile = at < 0 ? undefined : args.splice(at, 2)[1];
  if (args.length !== 1 || args[0].startsWith('-') || (at >= 0 && headsFile === undefined))
    throw new Error('usage: verify-export.mjs FILE [--heads EARLIER]');
  const verifier = new Verifier(headsFile && (await readEarlier(headsFile)), (line) => console.log(line));
  let number = 0;
  try {
    for await (const text of linesOf(args[0])) verifier.line(text, ++number);
  } catch (error) {
    if (error.code !== 'ERR_ENCODING_INVALID_ENCODED_DATA') throw error;
    verifier.fault(number + 1, 'NOT_UTF8', 'the file is not UTF-8 from here on');
  }
  verifier.end(number);
  const found = `${verifier.events} events of ${verifier.heads.size} streams`;
  console.log(
    verifier.faults === 0 ? `verified: ${found}, every hash and chain holds` : `${found}, ${verifier.faults} faults`,
  );
  return verifier.faults === 0 ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2)).catch((error) => {
  console.error(`verify-export: ${error.message}`);
  return 2;
});
