import { createRequire } from 'node:module';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { appendReply, appendRequest } from './append-message.js';
import { readMessage, readRequest } from './read-message.js';

const require = createRequire(import.meta.url);
const streams =
  require('@eventstore/db-client/generated/streams_pb.js') as typeof import('@eventstore/db-client/generated/streams_pb.js');
const shared =
  require('@eventstore/db-client/generated/shared_pb.js') as typeof import('@eventstore/db-client/generated/shared_pb.js');
const status =
  require('@eventstore/db-client/generated/status_pb.js') as typeof import('@eventstore/db-client/generated/status_pb.js');

const ID = '2ed6657d-e927-568b-95e1-2665a8aea6a2';
const uuid = (text: string) => new shared.UUID().setString(text);
const uint64 = fc.oneof(
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  fc.bigInt({ min: 0n, max: 300n }),
  fc.constantFrom(2n ** 28n, 2n ** 49n, 2n ** 53n, 2n ** 56n, 2n ** 63n),
);

describe('messages by hand are those of the generated classes', () => {
  it('writes an append', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 300 });
    const events = fc.array(
      fc.record({ type: fc.constantFrom('FeeAssessed', 'PaymentReceived'), data: text, metadata: text }),
      { maxLength: 5 },
    );
    fc.assert(
      fc.property(events, uint64, fc.integer({ min: 0, max: 2e12 }), (drafts, revision, deadline) => {
        const encoded = drafts.map(({ type, data, metadata }) => ({
          id: ID,
          type,
          hash: '',
          dataText: data,
          metadataText: metadata,
          bytes: Buffer.byteLength(data) + Buffer.byteLength(metadata),
        }));
        const bytes = appendRequest(ID, 'account-阴湖.1', revision, deadline, encoded);
        const request = streams.BatchAppendReq.deserializeBinary(bytes);
        expect(request.getCorrelationId()?.getString()).toBe(ID);
        expect(request.getIsFinal()).toBe(true);
        const options = request.getOptions()!;
        expect(Buffer.from(options.getStreamIdentifier()!.getStreamName_asU8()).toString()).toBe('account-阴湖.1');
        expect(options.getStreamPosition()).toBe(revision.toString());
        expect(options.getDeadline()!.toDate().getTime()).toBe(deadline);
        const messages = request.getProposedMessagesList().map((m) => ({
          id: m.getId()!.getString(),
          type: m.getMetadataMap().get('type'),
          content: m.getMetadataMap().get('content-type'),
          data: Buffer.from(m.getData_asU8()).toString(),
          metadata: Buffer.from(m.getCustomMetadata_asU8()).toString(),
        }));
        expect(messages).toEqual(drafts.map((d) => ({ id: ID, content: 'application/json', ...d })));
      }),
    );
    const fresh = streams.BatchAppendReq.deserializeBinary(appendRequest(ID, 'account-a.1', -1n, 0, []));
    expect(fresh.getOptions()!.hasNoStream()).toBe(true);
  });

  it('reads what the server says to an append', () => {
    const position = new shared.AllStreamPosition().setCommitPosition('77').setPreparePosition('76');
    const success = new streams.BatchAppendResp.Success().setCurrentRevision('5').setPosition(position);
    const good = new streams.BatchAppendResp().setCorrelationId(uuid(ID)).setSuccess(success);
    expect(appendReply(Buffer.from(good.serializeBinary()))).toEqual({
      kind: 'appended',
      correlationId: ID,
      revision: 5n,
      position: 77n,
    });
    const failure = new status.Status().setMessage('no');
    const { Any } =
      require('google-protobuf/google/protobuf/any_pb.js') as typeof import('google-protobuf/google/protobuf/any_pb.js');
    const details = new Any();
    details.pack(new shared.WrongExpectedVersion().serializeBinary(), 'event_store.client.WrongExpectedVersion');
    failure.setDetails(details);
    const bad = new streams.BatchAppendResp().setCorrelationId(uuid(ID)).setError(failure);
    expect(appendReply(Buffer.from(bad.serializeBinary()))).toEqual({
      kind: 'failed',
      correlationId: ID,
      error: 'WrongExpectedVersion',
      message: 'no',
    });
  });

  it('asks for reads and subscriptions', () => {
    const stream = streams.ReadReq.deserializeBinary(
      readRequest({ stream: 'account-a.1', from: 7n, count: 12, backwards: true }),
    ).getOptions()!;
    expect(stream.getStream()!.getRevision()).toBe('7');
    expect([
      stream.getCount(),
      stream.getReadDirection(),
      stream.hasNoFilter(),
      stream.getUuidOption()!.hasString(),
    ]).toEqual(['12', 1, true, true]);
    const all = streams.ReadReq.deserializeBinary(readRequest({ from: 9n, typePattern: '^[^$]' })).getOptions()!;
    expect(all.hasSubscription()).toBe(true);
    expect(all.getAll()!.getPosition()!.toObject()).toEqual({ commitPosition: '9', preparePosition: '9' });
    expect(all.getFilter()!.getEventType()!.getRegex()).toBe('^[^$]');
    expect(
      streams.ReadReq.deserializeBinary(readRequest({ from: 'end', count: 1 }))
        .getOptions()!
        .getAll()!
        .hasEnd(),
    ).toBe(true);
    expect(
      streams.ReadReq.deserializeBinary(readRequest({ from: 'start', count: 1 }))
        .getOptions()!
        .getAll()!
        .hasStart(),
    ).toBe(true);
  });

  it('reads events', () => {
    fc.assert(
      fc.property(
        uint64,
        uint64.filter((n) => n > 0n),
        (revision, position) => {
          const recorded = new streams.ReadResp.ReadEvent.RecordedEvent()
            .setId(uuid(ID))
            .setStreamIdentifier(
              new shared.StreamIdentifier().setStreamName(Buffer.from('account-阴湖.1').toString('base64')),
            )
            .setStreamRevision(revision.toString())
            .setCommitPosition(position.toString())
            .setPreparePosition('3')
            .setData(Buffer.from('{"a":"阴"}').toString('base64'))
            .setCustomMetadata(Buffer.from('{"hash":"x"}').toString('base64'));
          recorded
            .getMetadataMap()
            .set('created', '1')
            .set('type', 'FeeAssessed')
            .set('content-type', 'application/json');
          const response = new streams.ReadResp().setEvent(new streams.ReadResp.ReadEvent().setEvent(recorded));
          const event = {
            stream: 'account-阴湖.1',
            revision,
            id: ID,
            type: 'FeeAssessed',
            data: { a: '阴' },
            metadata: { hash: 'x' },
          };
          const known = position === 2n ** 64n - 1n ? -1n : position;
          expect(readMessage(Buffer.from(response.serializeBinary()))).toEqual({
            kind: 'event',
            event: { ...event, position: known },
          });
          expect(readMessage(Buffer.from(response.serializeBinary()), true)).toEqual({
            kind: 'event',
            event: { ...event, data: null, position: known },
          });
        },
      ),
    );
  });

  it('reads everything else that comes in a read', () => {
    const read = (response: InstanceType<typeof streams.ReadResp>) =>
      readMessage(Buffer.from(response.serializeBinary()));
    const checkpoint = new streams.ReadResp.Checkpoint().setCommitPosition('8').setPreparePosition('8');
    expect(read(new streams.ReadResp().setCheckpoint(checkpoint))).toEqual({ kind: 'checkpoint', position: 8n });
    expect(read(new streams.ReadResp().setConfirmation(new streams.ReadResp.SubscriptionConfirmation()))).toEqual({
      kind: 'confirmed',
    });
    expect(read(new streams.ReadResp().setCaughtUp(new streams.ReadResp.CaughtUp()))).toEqual({ kind: 'caught-up' });
    expect(read(new streams.ReadResp().setFellBehind(new streams.ReadResp.FellBehind()))).toEqual({
      kind: 'fell-behind',
    });
    expect(read(new streams.ReadResp().setStreamNotFound(new streams.ReadResp.StreamNotFound()))).toEqual({
      kind: 'not-found',
    });
    expect(read(new streams.ReadResp().setLastStreamPosition('3'))).toEqual({ kind: 'other' });
  });
});
