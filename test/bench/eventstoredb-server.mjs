/**
 * One server of the bench of the standalone event store, in a process of its own; prints its port, ends when stdin does.
 *
 *   node eventstoredb-server.mjs '{"dataDir": FOLDER}'   the standalone server
 *   node eventstoredb-server.mjs '{"sample": EVENT}'     the bare one: decodes what it is sent, stores nothing, answers at once
 *
 * The bare server is an ordinary grpc-js server over the generated classes: it is what any Node server costs before it has
 * done anything. Reads are answered with as many copies of the sample as were asked for.
 */
import featuresGrpc from '@eventstore/db-client/generated/serverfeatures_grpc_pb.js';
import featuresPb from '@eventstore/db-client/generated/serverfeatures_pb.js';
import sharedPb from '@eventstore/db-client/generated/shared_pb.js';
import streamsGrpc from '@eventstore/db-client/generated/streams_grpc_pb.js';
import streamsPb from '@eventstore/db-client/generated/streams_pb.js';
import { Server, ServerCredentials, status } from '@grpc/grpc-js';
import { startEventStoreServer } from '../../dist/libs/standalone-eventstoredb/src/index.js';

function features(_call, callback) {
  const method = new featuresPb.SupportedMethod();
  method.setServiceName('event_store.client.streams.streams').setMethodName('batchappend');
  const methods = new featuresPb.SupportedMethods().setEventStoreServerVersion('24.2.0').setMethodsList([method]);
  callback(null, methods);
}

/** Answers each append when its last part is there. */
function batchAppend(call) {
  const pending = new Map();
  let position = 0;
  call.on('data', (request) => {
    const id = request.getCorrelationId();
    const key = id.getString();
    const batch = pending.get(key) ?? { stream: request.getOptions().getStreamIdentifier(), events: [] };
    pending.set(key, batch);
    batch.events.push(...request.getProposedMessagesList());
    if (!request.getIsFinal()) return;
    pending.delete(key);
    position += batch.events.length;
    const success = new streamsPb.BatchAppendResp.Success().setCurrentRevision(String(batch.events.length - 1));
    success.setPosition(positionOf(position));
    const response = new streamsPb.BatchAppendResp().setCorrelationId(id).setStreamIdentifier(batch.stream);
    call.write(response.setSuccess(success));
  });
  call.on('end', () => call.end());
}

function positionOf(position) {
  const text = String(position);
  return new sharedPb.AllStreamPosition().setCommitPosition(text).setPreparePosition(text);
}

function sampleResponse({ id, type, data, metadata }) {
  const event = new streamsPb.ReadResp.ReadEvent.RecordedEvent().setId(new sharedPb.UUID().setString(id));
  event.setStreamIdentifier(new sharedPb.StreamIdentifier().setStreamName(Buffer.from('bench-0')));
  event.setStreamRevision('1').setCommitPosition('1').setPreparePosition('1');
  event.setData(Buffer.from(data)).setCustomMetadata(Buffer.from(metadata));
  const map = event.getMetadataMap();
  map.set('type', type).set('content-type', 'application/json').set('created', `${Date.now()}0000`);
  return new streamsPb.ReadResp().setEvent(new streamsPb.ReadResp.ReadEvent().setEvent(event).setCommitPosition('1'));
}

async function read(call, response) {
  let left = Number(call.request.getOptions().getCount());
  while (left > 0 && !call.cancelled) {
    left -= 1;
    if (!call.write(response)) await new Promise((resolve) => call.once('drain', resolve));
  }
  call.end();
}

function startBare(sample) {
  const response = sampleResponse(sample);
  const missing = (_call, callback) => callback({ code: status.UNIMPLEMENTED });
  const server = new Server();
  server.addService(featuresGrpc.ServerFeaturesService, { getSupportedMethods: features });
  server.addService(streamsGrpc.StreamsService, {
    batchAppend,
    read: (call) => void read(call, response),
    append: missing,
    delete: missing,
    tombstone: missing,
  });
  return new Promise((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) =>
      error ? reject(error) : resolve({ port, close: () => Promise.resolve(server.forceShutdown()) }),
    );
  });
}

const { dataDir, sample } = JSON.parse(process.argv[2]);
const server = dataDir ? await startEventStoreServer({ dataDir, host: '127.0.0.1', port: 0 }) : await startBare(sample);
process.stdin.on('end', () => void server.close().then(() => process.exit(0))).resume();
process.stdout.write(`${server.port}\n`);
