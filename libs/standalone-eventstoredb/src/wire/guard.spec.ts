import streamsPb from '@eventstore/db-client/generated/streams_pb.js';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import './guard.js';
import { decodeAppend, decodeBatchAppend } from './append-request.js';

/** Bytes that look like protobuf: many small tags and lengths. */
const bytes = fc
  .array(fc.oneof(fc.constantFrom(0x0a, 0x12, 0x1a, 0x22, 0x08, 0x10, 0x2a, 2, 3, 5), fc.nat(255)), { maxLength: 60 })
  .map((list) => Buffer.from(list));

function timed(decode: () => unknown): number {
  const start = performance.now();
  try {
    decode();
  } catch {
    // Malformed input is refused.
  }
  return performance.now() - start;
}

describe('malformed messages', () => {
  it.each(['0adfa5ac10056509', '0a8f8dbb2a', '0af1aabd1a98082a2a2a7c32bf0a3261', '0affffffff0f0a'])(
    'that claim to be long are refused at once: %s',
    (hex) => {
      expect(() => streamsPb.ReadReq.deserializeBinary(Buffer.from(hex, 'hex'))).toThrow();
      expect(timed(() => streamsPb.ReadReq.deserializeBinary(Buffer.from(hex, 'hex')))).toBeLessThan(100);
    },
  );

  it('never take long', () => {
    fc.assert(
      fc.property(bytes, (input) => {
        expect(timed(() => streamsPb.ReadReq.deserializeBinary(input))).toBeLessThan(500);
        expect(timed(() => decodeAppend(input))).toBeLessThan(500);
        expect(timed(() => decodeBatchAppend(input))).toBeLessThan(500);
      }),
      { numRuns: 2000 },
    );
  });
});
