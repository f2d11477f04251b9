import { writeContainer, Writer } from '../bson/encode.js';
import { Doc } from '../bson/document.js';
import { crc32c } from './crc32c.js';
import { InvalidBson, validateDoc } from '../bson/validate.js';

export const MAX_MESSAGE_BYTES = 48_000_000;
/** mongod takes 16 MiB of a user's document and 16 KiB of overhead around it. */
export const MAX_DOCUMENT_BYTES = 16 * 1024 * 1024;

export const OP_REPLY = 1;
export const OP_QUERY = 2004;
export const OP_MSG = 2013;

const CHECKSUM_PRESENT = 1;
const MORE_TO_COME = 2;
const EXHAUST_ALLOWED = 1 << 16;

/** A frame that cannot be answered: the connection is closed. */
export class BrokenFrame extends Error {}

export interface Request {
  readonly requestId: number;
  readonly opCode: number;
  readonly body: Doc;
  /** Document sequences by their name, as `documents` of an insert. */
  readonly sequences: ReadonlyMap<string, readonly Doc[]>;
  /** The client wants no reply. */
  readonly silent: boolean;
  /** The client takes further replies that it did not ask for one by one. */
  readonly exhaustAllowed: boolean;
}

/** Reads one whole frame. Throws BrokenFrame, or InvalidBson when only a document is at fault. */
export function parseFrame(frame: Buffer): Request {
  const requestId = frame.readInt32LE(4);
  const opCode = frame.readInt32LE(12);
  if (opCode === OP_MSG) return parseMsg(frame, requestId);
  if (opCode === OP_QUERY) return parseQuery(frame, requestId);
  throw new BrokenFrame(`unsupported opcode ${opCode}`);
}

function parseMsg(frame: Buffer, requestId: number): Request {
  if (frame.length < 21) throw new BrokenFrame('OP_MSG too short');
  const flags = frame.readUInt32LE(16);
  if ((flags & 0xffff & ~(CHECKSUM_PRESENT | MORE_TO_COME)) !== 0) throw new BrokenFrame('unknown required flag');
  const end = frame.length - ((flags & CHECKSUM_PRESENT) !== 0 ? 4 : 0);
  if (end < frame.length && crc32c(frame, end) !== frame.readUInt32LE(end)) throw new BrokenFrame('bad checksum');
  const sequences = new Map<string, readonly Doc[]>();
  let body: Doc | undefined;
  let at = 20;
  while (at < end) {
    const kind = frame[at] as number;
    at += 1;
    if (kind === 0) {
      if (body !== undefined) throw new BrokenFrame('OP_MSG has more than one body');
      body = Doc.raw(frame, at);
      at = validateDoc(frame, at, end);
    } else if (kind === 1) {
      at = parseSequence(frame, at, end, sequences);
    } else {
      throw new BrokenFrame(`unknown section kind ${kind}`);
    }
  }
  if (body === undefined) throw new BrokenFrame('OP_MSG without a body');
  const [silent, exhaustAllowed] = [(flags & MORE_TO_COME) !== 0, (flags & EXHAUST_ALLOWED) !== 0];
  return { requestId, opCode: OP_MSG, body, sequences, silent, exhaustAllowed };
}

function parseSequence(frame: Buffer, start: number, limit: number, into: Map<string, readonly Doc[]>): number {
  if (start + 4 > limit) throw new BrokenFrame('document sequence too short');
  const end = start + frame.readInt32LE(start);
  const nameEnd = frame.indexOf(0, start + 4);
  if (end > limit || nameEnd < 0 || nameEnd >= end) throw new BrokenFrame('bad document sequence');
  const name = frame.toString('utf8', start + 4, nameEnd);
  if (into.has(name)) throw new BrokenFrame(`duplicate document sequence ${name}`);
  const docs: Doc[] = [];
  let at = nameEnd + 1;
  while (at < end) {
    docs.push(Doc.raw(frame, at));
    at = validateDoc(frame, at, end);
  }
  into.set(name, docs);
  return end;
}

/** The legacy query, which drivers still send as their first hello. */
function parseQuery(frame: Buffer, requestId: number): Request {
  const nameEnd = frame.indexOf(0, 20);
  if (nameEnd < 0 || nameEnd + 9 > frame.length) throw new BrokenFrame('bad OP_QUERY');
  const namespace = frame.toString('utf8', 20, nameEnd);
  if (!namespace.endsWith('.$cmd')) throw new BrokenFrame('OP_QUERY is only for commands');
  const at = nameEnd + 9;
  validateDoc(frame, at, frame.length);
  const body = Doc.raw(frame, at);
  return { requestId, opCode: OP_QUERY, body, sequences: new Map(), silent: false, exhaustAllowed: false };
}

let nextRequestId = 1;

/** The frame of a reply, in the form in which the request came; with more to come, its id is that of the request for the next. */
export function replyFrame(request: { requestId: number; opCode: number }, reply: Doc, moreToCome = false): Buffer {
  const legacy = request.opCode === OP_QUERY;
  const writer = new Writer(Math.max(256, reply.rawLength + 64));
  nextRequestId = (nextRequestId + 1) & 0x7fffffff;
  for (const word of [0, nextRequestId, request.requestId, legacy ? OP_REPLY : OP_MSG]) writer.int32(word);
  // OP_REPLY: flags, a cursor of 8 bytes, where it starts, how many documents; OP_MSG: flags, a section of kind 0.
  if (legacy) for (const word of [8, 0, 0, 0, 1]) writer.int32(word);
  else writer.int32(moreToCome ? MORE_TO_COME : 0);
  if (!legacy) writer.byte(0);
  writeContainer(writer, reply);
  writer.patchInt32(0, writer.length);
  return writer.finish();
}

export { InvalidBson };
