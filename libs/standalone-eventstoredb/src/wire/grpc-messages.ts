/** A message of gRPC: u8 compressed · u32 length · bytes. */
const HEAD = 5;
/** A message that comes in parts is gathered in a buffer that begins with this size. */
const FIRST_GATHERED_BYTES = 256 * 1024;
const NOTHING = Buffer.alloc(0);

/** A message is longer than it may be. */
export class MessageTooLargeError extends Error {}

/** A message says that it is compressed, where no compression was announced, or says something that gRPC has no meaning for. */
export class MessageFlagError extends Error {
  constructor(flag: number) {
    super(flag === 1 ? COMPRESSED_MESSAGE : `Received a message that begins with ${flag}, which is neither 0 nor 1`);
  }
}

export const COMPRESSED_MESSAGE = 'Received a compressed message, but no encoding of messages was announced';

/** Cuts what comes over a stream into messages, none of which may be compressed. */
export class MessageReader {
  private held = NOTHING;
  private length = 0;
  /** So much has to be there before a message can be complete. */
  private wanted = HEAD;

  constructor(private readonly limitBytes: number) {}

  /** Whether a message has begun that is not complete. */
  get incomplete(): boolean {
    return this.length > 0;
  }

  /** The messages that are complete with these bytes, as views. Throws {@link MessageTooLargeError}, {@link MessageFlagError}. */
  take(chunk: Buffer): Buffer[] {
    if (this.length === 0) return this.cut(chunk);
    this.hold(chunk);
    if (this.length < this.wanted) return [];
    const bytes = this.held.subarray(0, this.length);
    this.held = NOTHING;
    this.length = 0;
    return this.cut(bytes);
  }

  private cut(bytes: Buffer): Buffer[] {
    const messages: Buffer[] = [];
    let at = 0;
    this.wanted = HEAD;
    while (bytes.length - at >= HEAD) {
      const flag = bytes[at]!;
      if (flag !== 0) throw new MessageFlagError(flag);
      const length = bytes.readUInt32BE(at + 1);
      if (length > this.limitBytes) {
        throw new MessageTooLargeError(`Received message larger than max (${length} vs ${this.limitBytes})`);
      }
      if (bytes.length - at < HEAD + length) {
        this.wanted = HEAD + length;
        break;
      }
      messages.push(bytes.subarray(at + HEAD, at + HEAD + length));
      at += HEAD + length;
    }
    if (at < bytes.length) this.hold(bytes.subarray(at));
    return messages;
  }

  private hold(bytes: Buffer): void {
    const length = this.length + bytes.length;
    if (length > this.held.length) {
      const roomy = Math.min(this.wanted, Math.max(FIRST_GATHERED_BYTES, 2 * this.held.length));
      const larger = Buffer.allocUnsafeSlow(Math.max(length, roomy));
      this.held.copy(larger, 0, 0, this.length);
      this.held = larger;
    }
    bytes.copy(this.held, this.length);
    this.length = length;
  }
}

/** Messages that go out together. */
export class MessageWriter {
  private messages: Buffer[] = [];
  private bytes = 0;

  /** What the messages take so far. */
  get length(): number {
    return this.bytes;
  }

  add(message: Buffer): void {
    this.messages.push(message);
    this.bytes += HEAD + message.length;
  }

  /** All of them one after the other, which it then forgets. */
  take(): Buffer {
    const out = Buffer.allocUnsafeSlow(this.bytes);
    let at = 0;
    for (const message of this.messages) {
      out[at] = 0;
      out.writeUInt32BE(message.length, at + 1);
      out.set(message, at + HEAD);
      at += HEAD + message.length;
    }
    this.messages = [];
    this.bytes = 0;
    return out;
  }
}
