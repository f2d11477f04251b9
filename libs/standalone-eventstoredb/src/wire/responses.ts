import sharedPb from '@eventstore/db-client/generated/shared_pb.js';
import statusPb from '@eventstore/db-client/generated/status_pb.js';
import streamsPb from '@eventstore/db-client/generated/streams_pb.js';
import type { Message } from 'google-protobuf';
import anyPb from 'google-protobuf/google/protobuf/any_pb.js';
import emptyPb from 'google-protobuf/google/protobuf/empty_pb.js';
import type { ExpectedRevision } from './append-request.js';
import { ProtobufWriter, fieldLength } from './protobuf.js';

/** `ReadResp` messages that are not events, encoded. */
export function confirmation(subscriptionId: string): Buffer {
  const message = new streamsPb.ReadResp();
  message.setConfirmation(new streamsPb.ReadResp.SubscriptionConfirmation().setSubscriptionId(subscriptionId));
  return bytesOf(message);
}

export const CAUGHT_UP = bytesOf(new streamsPb.ReadResp().setCaughtUp(new streamsPb.ReadResp.CaughtUp()));
export const FELL_BEHIND = bytesOf(new streamsPb.ReadResp().setFellBehind(new streamsPb.ReadResp.FellBehind()));

export function checkpoint(position: number): Buffer {
  const message = new streamsPb.ReadResp.Checkpoint();
  message.setCommitPosition(String(position)).setPreparePosition(String(position));
  return bytesOf(new streamsPb.ReadResp().setCheckpoint(message));
}

export function lastStreamPosition(revision: number): Buffer {
  return bytesOf(new streamsPb.ReadResp().setLastStreamPosition(String(revision)));
}

export function firstStreamPosition(revision: number): Buffer {
  return bytesOf(new streamsPb.ReadResp().setFirstStreamPosition(String(revision)));
}

export function streamNotFoundResponse(stream: Buffer): Buffer {
  const message = new streamsPb.ReadResp.StreamNotFound().setStreamIdentifier(identifier(stream));
  return bytesOf(new streamsPb.ReadResp().setStreamNotFound(message));
}

export function identifier(stream: Uint8Array): InstanceType<typeof sharedPb.StreamIdentifier> {
  return new sharedPb.StreamIdentifier().setStreamName(stream);
}

function bytesOf(message: Message): Buffer {
  return Buffer.from(message.serializeBinary());
}

/** What a batch append is answered with when it fails: a `google.rpc.Status` with one of the protocol's details. */
export type BatchFault =
  | { readonly kind: 'wrong-revision'; readonly current: number; readonly expected: ExpectedRevision }
  | { readonly kind: 'deleted' }
  | { readonly kind: 'too-large'; readonly limitBytes: number }
  | { readonly kind: 'timeout' }
  | { readonly kind: 'bad-request'; readonly message: string }
  | { readonly kind: 'failed'; readonly code: number; readonly message: string };

const CODE = {
  UNKNOWN: 2,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  ALREADY_EXISTS: 6,
} as const;

function statusOf(fault: BatchFault, stream: Buffer): InstanceType<typeof statusPb.Status> {
  const make = (code: number, text: string, type: string, details: Message): InstanceType<typeof statusPb.Status> => {
    const any = new anyPb.Any();
    any.pack(details.serializeBinary(), type);
    return new statusPb.Status()
      .setCode(code as never)
      .setMessage(text)
      .setDetails(any);
  };
  switch (fault.kind) {
    case 'wrong-revision':
      return make(
        CODE.ALREADY_EXISTS,
        'WrongExpectedVersion',
        'event_store.client.WrongExpectedVersion',
        sharedWrongVersion(fault.current, fault.expected),
      );
    case 'deleted': {
      const details = new sharedPb.StreamDeleted().setStreamIdentifier(identifier(stream));
      return make(CODE.NOT_FOUND, 'StreamDeleted', 'event_store.client.StreamDeleted', details);
    }
    case 'too-large': {
      const details = new sharedPb.MaximumAppendSizeExceeded().setMaxappendsize(fault.limitBytes);
      const type = 'event_store.client.MaximumAppendSizeExceeded';
      return make(CODE.INVALID_ARGUMENT, 'MaximumAppendSizeExceeded', type, details);
    }
    case 'timeout':
      return make(CODE.DEADLINE_EXCEEDED, 'Timeout', 'event_store.client.Timeout', new sharedPb.Timeout());
    case 'bad-request': {
      const details = new sharedPb.BadRequest().setMessage(fault.message);
      return make(CODE.INVALID_ARGUMENT, 'BadRequest', 'event_store.client.BadRequest', details);
    }
    case 'failed': {
      // Of the protocol's details only this one carries words.
      const details = new sharedPb.BadRequest().setMessage(fault.message);
      return make(fault.code, fault.message, 'event_store.client.BadRequest', details);
    }
  }
}

function sharedWrongVersion(
  current: number,
  expected: ExpectedRevision,
): InstanceType<typeof sharedPb.WrongExpectedVersion> {
  const details = new sharedPb.WrongExpectedVersion();
  if (current < 0) details.setCurrentNoStream(new emptyPb.Empty());
  else details.setCurrentStreamRevision(String(current));
  switch (expected) {
    case 'any':
      return details.setExpectedAny(new emptyPb.Empty());
    case 'stream_exists':
      return details.setExpectedStreamExists(new emptyPb.Empty());
    case 'no_stream':
      return details.setExpectedNoStream(new emptyPb.Empty());
    default:
      return details.setExpectedStreamPosition(String(expected));
  }
}

/** `BatchAppendResp` for a failed append. `correlation` is the `UUID` message of the request. */
export function batchFailure(correlation: Buffer, stream: Buffer, fault: BatchFault): Buffer {
  const response = new streamsPb.BatchAppendResp();
  response.setError(statusOf(fault, stream)).setStreamIdentifier(identifier(stream));
  return withCorrelation(correlation, bytesOf(response));
}

function withCorrelation(correlation: Buffer, body: Buffer): Buffer {
  const head = Buffer.allocUnsafe(fieldLength(correlation.length));
  new ProtobufWriter(head).bytes(0x0a, correlation);
  return Buffer.concat([head, body]);
}
