import { status } from '@grpc/grpc-js';
import { BaseServerInterceptingCall } from '@grpc/grpc-js/build/src/server-interceptors.js';
import protobuf from 'google-protobuf';
import { COMPRESSED_MESSAGE } from './grpc-messages.js';

interface Reader {
  getBuffer(): Uint8Array;
  getCursor(): number;
  readMessage(message: unknown, read: unknown): void;
}

/**
 * google-protobuf does not look whether an embedded message fits into its buffer: one that claims to be 4 GiB long keeps it
 * busy for minutes, and with it the whole server. The check that is missing is put before its `readMessage`, once.
 */
function guardReader(prototype: Reader): void {
  const { readMessage } = prototype;
  prototype.readMessage = function guarded(this: Reader, message: unknown, read: unknown): void {
    const buffer = this.getBuffer();
    let position = this.getCursor();
    let length = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = buffer[position++];
      if (byte === undefined || factor > 2 ** 28) throw new RangeError('protobuf: truncated length');
      length += (byte & 0x7f) * factor;
      if (byte < 0x80) break;
    }
    if (position + length > buffer.length) throw new RangeError('protobuf: truncated message');
    readMessage.call(this, message, read);
  };
}

guardReader(protobuf.BinaryReader.prototype as unknown as Reader);

interface Decompressing {
  /** `message` with its head: a byte that is 1 if it is compressed, and its length. */
  decompressMessage(message: Buffer, encoding: string): Buffer | Promise<Buffer>;
}

/** grpc-js takes a message for what it says when it is compressed without an encoding: it may mean something else by chance. */
function guardDecompression(prototype: Decompressing): void {
  const { decompressMessage } = prototype;
  prototype.decompressMessage = function guarded(this: Decompressing, message, encoding) {
    if (message[0] === 0 || encoding !== 'identity') return decompressMessage.call(this, message, encoding);
    // What grpc-js ends a call with is such an object.

    return Promise.reject({ code: status.INTERNAL, details: COMPRESSED_MESSAGE });
  };
}

guardDecompression(BaseServerInterceptingCall.prototype as unknown as Decompressing);
