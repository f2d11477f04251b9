import type { AppendOutcome } from '../store/appender.js';
import type { Written } from '../store/event-log.js';
import type { ExpectedRevision } from './append-request.js';
import { ProtobufWriter, fieldLength, varintLength } from './protobuf.js';

/** The answers of appends, written by hand: there is one for each append. */

/** An encoded `BatchAppendResp` for a successful append. `correlation` is the `UUID` message of the request. */
export function batchSuccess(correlation: Buffer, stream: Buffer, written: Written): Buffer {
  const success = successLength(written);
  const length = fieldLength(correlation.length) + fieldLength(success) + fieldLength(fieldLength(stream.length));
  const writer = new ProtobufWriter(Buffer.allocUnsafe(length));
  writer.bytes(0x0a, correlation);
  writer.open(0x1a, success);
  writeSuccess(writer, written);
  writer.open(0x22, fieldLength(stream.length));
  writer.bytes(0x1a, stream);
  return writer.buffer;
}

/** An encoded `AppendResp` for an outcome that the protocol answers (a deleted stream is an error of the call instead). */
export function appendResponse(
  outcome: Exclude<AppendOutcome, { kind: 'deleted' }>,
  expected: ExpectedRevision,
): Buffer {
  if (outcome.kind === 'wrong-revision') return wrongVersion(outcome.current, expected);
  const length = successLength(outcome);
  const writer = new ProtobufWriter(Buffer.allocUnsafe(fieldLength(length)));
  writer.open(0x0a, length);
  writeSuccess(writer, outcome);
  return writer.buffer;
}

/** `Success { current_revision | no_stream, position }`: the same fields in both answers. */
function successLength({ revision, position }: Written): number {
  return (revision < 0 ? 2 : 1 + varintLength(revision)) + fieldLength(2 * (1 + varintLength(position)));
}

function writeSuccess(writer: ProtobufWriter, { revision, position }: Written): void {
  if (revision < 0) writer.open(0x12, 0);
  else writer.number(0x08, revision);
  writer.open(0x1a, 2 * (1 + varintLength(position)));
  writer.number(0x08, position);
  writer.number(0x10, position);
}

/** What `WrongExpectedVersion` takes at most, with two numbers twice. */
const MOST_BYTES = 48;
/** 2^64 − 1: how clients of version 20.6 are told that no stream was expected. */
const LARGEST = Buffer.from('ffffffffffffffffff01', 'hex');

/** Each thing is said twice: in fields 1 to 5 for clients of version 20.6, in 6 to 11 for later ones. */
function wrongVersion(current: number, expected: ExpectedRevision): Buffer {
  const body = new ProtobufWriter(Buffer.allocUnsafe(MOST_BYTES));
  if (current < 0) empties(body, 0x12, 0x3a);
  else numbers(body, 0x08, 0x30, current);
  if (expected === 'any') empties(body, 0x22, 0x4a);
  else if (expected === 'stream_exists') empties(body, 0x2a, 0x52);
  else if (expected !== 'no_stream') numbers(body, 0x18, 0x40, expected);
  else {
    body.byte(0x18);
    for (const byte of LARGEST) body.byte(byte);
    body.open(0x5a, 0);
  }
  const writer = new ProtobufWriter(Buffer.allocUnsafe(fieldLength(body.position)));
  writer.bytes(0x12, body.buffer.subarray(0, body.position));
  return writer.buffer;
}

function empties(writer: ProtobufWriter, ...tags: number[]): void {
  for (const tag of tags) writer.open(tag, 0);
}

function numbers(writer: ProtobufWriter, tag: number, laterTag: number, value: number): void {
  writer.number(tag, value);
  writer.number(laterTag, value);
}
