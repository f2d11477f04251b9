import streamsPb from '@eventstore/db-client/generated/streams_pb.js';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import './guard.js';
import { decodeAppend, decodeBatchAppend } from './append-request.js';

/** Bytes that look like protobuf: many small tags and lengths. */
const bytes = fc
  .array(fc.oneof(fc.constantFrom(0x0a, 0x12, 0x1a, 0x22, 0x08, 0x10, 0x2a, 2, 3, 5), fc.nat(255)), { maxLength: 60 })
  .map((list) => Buffer.from(list));

/** What a malformed message comes to: it is decoded or refused, and never hangs or throws anything but an Error. */
function outcome(decode: () => unknown): 'decoded' | 'refused' {
  try {
    decode();
    return 'decoded';
  } catch (error) {
    if (error instanceof Error) return 'refused';
    throw error;
  }
}

describe('malformed messages', () => {
  it.each(['0adfa5ac10056509', '0a8f8dbb2a', '0af1aabd1a98082a2a2a7c32bf0a3261', '0affffffff0f0a'])(
    'that claim to be long are refused: %s',
    (hex) => {
      expect(() => streamsPb.ReadReq.deserializeBinary(Buffer.from(hex, 'hex'))).toThrow();
    },
  );

  it('are decoded or refused, and never hang', () => {
    fc.assert(
      fc.property(bytes, (input) => {
        expect(['decoded', 'refused']).toContain(outcome(() => streamsPb.ReadReq.deserializeBinary(input)));
        expect(['decoded', 'refused']).toContain(outcome(() => decodeAppend(input)));
        expect(['decoded', 'refused']).toContain(outcome(() => decodeBatchAppend(input)));
      }),
      { numRuns: 2000 },
    );
  });
});
