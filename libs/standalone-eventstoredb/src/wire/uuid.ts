import { ProtobufReader, ProtobufWriter } from './protobuf.js';

const UUID_PATTERN = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
export const EMPTY_UUID = '00000000-0000-0000-0000-000000000000';

/** Lower-case canonical text of a `UUID` message, given as text or as two 64-bit halves. Throws RangeError if it is neither. */
export function readUuid(reader: ProtobufReader): string {
  let text = EMPTY_UUID;
  while (reader.next()) {
    if (reader.field === 2) text = canonicalUuid(reader.ascii());
    else if (reader.field === 1) text = readStructured(reader.message());
    else reader.skip();
  }
  return text;
}

export function canonicalUuid(text: string): string {
  const lower = text.toLowerCase();
  if (UUID_PATTERN.test(lower)) return lower;
  throw new RangeError(`'${text.slice(0, 64)}' is not a UUID`);
}

function readStructured(reader: ProtobufReader): string {
  let high = 0n;
  let low = 0n;
  while (reader.next()) {
    if (reader.field === 1) high = reader.bigVarint();
    else if (reader.field === 2) low = reader.bigVarint();
    else reader.skip();
  }
  return uuidOfHalves(high, low);
}

export function uuidOfHalves(high: bigint, low: bigint): string {
  const hex =
    BigInt.asUintN(64, high).toString(16).padStart(16, '0') + BigInt.asUintN(64, low).toString(16).padStart(16, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** A `UUID` message in the structured form (two 64-bit halves), as clients in some languages ask for it. */
export function encodeStructuredUuid(id: string): Buffer {
  const hex = id.replaceAll('-', '');
  const structured = Buffer.allocUnsafe(22);
  const writer = new ProtobufWriter(structured);
  writer.byte(0x08);
  writeBigVarint(writer, BigInt(`0x${hex.slice(0, 16)}`));
  writer.byte(0x10);
  writeBigVarint(writer, BigInt(`0x${hex.slice(16)}`));
  return Buffer.concat([Buffer.from([0x0a, writer.position]), structured.subarray(0, writer.position)]);
}

function writeBigVarint(writer: ProtobufWriter, value: bigint): void {
  let rest = value;
  while (rest >= 128n) {
    writer.byte(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  writer.byte(Number(rest));
}
