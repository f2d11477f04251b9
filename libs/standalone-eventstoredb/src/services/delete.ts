import type { ServerUnaryCall, sendUnaryData } from '@grpc/grpc-js';
import streamsPb from '@eventstore/db-client/generated/streams_pb.js';
import type { DeleteReq, DeleteResp, TombstoneReq, TombstoneResp } from '@eventstore/db-client/generated/streams_pb.js';
import { invalidArgument, streamDeleted, toRpcError, wrongExpectedVersion } from '../errors.js';
import type { AppendOutcome } from '../store/appender.js';
import type { Deleter } from '../store/deleter.js';
import type { ExpectedRevision } from '../wire/append-request.js';

interface Options {
  getStreamIdentifier(): { getStreamName_asU8(): Uint8Array } | undefined;
  hasRevision(): boolean;
  getRevision(): string;
  hasNoStream(): boolean;
  hasAny(): boolean;
  hasStreamExists(): boolean;
}

/** How EventStoreDB numbers what is expected in its error trailers. */
const EXPECTED_NUMBERS = { no_stream: '-1', any: '-2', stream_exists: '-4' } as const;

function targetOf(options: Options | undefined): { stream: string; expected: ExpectedRevision } {
  const name = options?.getStreamIdentifier()?.getStreamName_asU8();
  if (options === undefined || name === undefined || name.length === 0)
    throw invalidArgument('the stream is not named');
  return { stream: Buffer.from(name).toString('utf8'), expected: expectedOf(options) };
}

function expectedOf(options: Options): ExpectedRevision {
  if (options.hasRevision()) return Number(options.getRevision());
  if (options.hasNoStream()) return 'no_stream';
  if (options.hasAny()) return 'any';
  if (options.hasStreamExists()) return 'stream_exists';
  throw invalidArgument('the expected revision is not set');
}

/** The position of the deletion; throws what the client is to see otherwise. */
function positionOf(outcome: AppendOutcome, stream: string, expected: ExpectedRevision): string {
  switch (outcome.kind) {
    case 'appended':
      return String(outcome.position);
    case 'deleted':
      throw streamDeleted(stream);
    case 'wrong-revision': {
      const expectedNumber = typeof expected === 'number' ? String(expected) : EXPECTED_NUMBERS[expected];
      throw wrongExpectedVersion('Delete', stream, expectedNumber, outcome.current);
    }
  }
}

/** Streams.Delete (soft) and Streams.Tombstone. */
export class DeleteService {
  constructor(private readonly deleter: Deleter) {}

  delete(call: ServerUnaryCall<DeleteReq, DeleteResp>, callback: sendUnaryData<DeleteResp>): void {
    this.run(call.request.getOptions(), (stream, expected) => this.deleter.delete(stream, expected)).then((at) => {
      const position = new streamsPb.DeleteResp.Position().setCommitPosition(at).setPreparePosition(at);
      callback(null, new streamsPb.DeleteResp().setPosition(position));
    }, failWith(callback));
  }

  tombstone(call: ServerUnaryCall<TombstoneReq, TombstoneResp>, callback: sendUnaryData<TombstoneResp>): void {
    this.run(call.request.getOptions(), (stream, expected) => this.deleter.tombstone(stream, expected)).then((at) => {
      const position = new streamsPb.TombstoneResp.Position().setCommitPosition(at).setPreparePosition(at);
      callback(null, new streamsPb.TombstoneResp().setPosition(position));
    }, failWith(callback));
  }

  private async run(
    options: Options | undefined,
    deletion: (stream: string, expected: ExpectedRevision) => Promise<AppendOutcome>,
  ): Promise<string> {
    const { stream, expected } = targetOf(options);
    return positionOf(await deletion(stream, expected), stream, expected);
  }
}

function failWith(callback: sendUnaryData<never>): (error: unknown) => void {
  return (error) => callback(toRpcError(error));
}
