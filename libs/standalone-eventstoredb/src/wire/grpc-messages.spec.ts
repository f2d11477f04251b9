import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { MessageReader, MessageTooLargeError, MessageWriter } from './grpc-messages.js';

describe('messages of gRPC', () => {
  it('come as they were sent, however the stream is cut', () => {
    const payloads = fc.array(fc.oneof(fc.uint8Array({ maxLength: 20 }), fc.uint8Array({ maxLength: 3000 })));
    fc.assert(
      fc.property(payloads, fc.array(fc.integer({ min: 1, max: 2000 }), { minLength: 1 }), (list, cuts) => {
        const writer = new MessageWriter();
        for (const payload of list) writer.add(Buffer.from(payload));
        const { length } = writer;
        const bytes = writer.take();
        expect([bytes.length, writer.length]).toEqual([length, 0]);
        const reader = new MessageReader(3000);
        const came: Buffer[] = [];
        for (let at = 0, n = 0; at < bytes.length; n++) {
          const end = at + cuts[n % cuts.length]!;
          // What was handed in may be used for something else afterwards, except for the messages that are complete.
          const chunk = Buffer.from(bytes.subarray(at, end));
          came.push(...reader.take(chunk).map((message) => Buffer.from(message)));
          chunk.fill(0xee);
          at = end;
        }
        expect(came).toEqual(list.map((payload) => Buffer.from(payload)));
      }),
    );
  });

  it('that are too large are refused as soon as they say so', () => {
    const reader = new MessageReader(1000);
    expect(reader.take(Buffer.from([0, 0, 0, 0x03]))).toEqual([]);
    expect(() => reader.take(Buffer.from([0xe9]))).toThrow(MessageTooLargeError);
  });
});
