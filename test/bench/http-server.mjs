/**
 * One server of the http bench: prints one line of JSON when it listens; ends when stdin does.
 *
 *   node http-server.mjs '{"way": "bare", "eventstoreUrl": URL, "sample": EVENT}'   Fastify with one handler, which does one append
 *     → {"url"}
 *   node http-server.mjs '{"way": "api", "eventstoreUrl": URL, "mongodbUrl": URL, "communityId": ID, "accounts": N}'
 *     → {"url", "token", "sample"}   the API, with open accounts; `sample` is the event of a command as the client reads it
 */
import 'reflect-metadata';
import { randomBytes, randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EventStoreDBClient, jsonEvent } from '@eventstore/db-client';
import { fastify } from 'fastify';
import { issueToken, ownTokenKey, verifyWithOwnKey } from '#libs/access';
import { EventStore, Upcasters, Vault } from '#libs/event-store';
import { systemClock } from '#libs/kernel';
import { ReadStore } from '#libs/read-store';
import { createApi, lineLog } from '../../dist/apps/api/src/index.js';
import { whenInputEnds } from './child.mjs';
import { feeBody, feePath, openingBody } from './http-requests.mjs';

const input = JSON.parse(process.argv[2]);

async function startBare({ eventstoreUrl, sample }) {
  const client = EventStoreDBClient.connectionString(eventstoreUrl);
  const server = fastify();
  server.post('/communities/:communityId/accounts/:accountId/fees', async (request, reply) => {
    const { type, data, metadata } = sample;
    const event = jsonEvent({ id: randomUUID(), type, data: { ...data, reference: request.body.reference }, metadata });
    const { nextExpectedRevision } = await client.appendToStream(`bare-${request.params.accountId}`, event);
    return reply.status(201).send({ revision: nextExpectedRevision.toString() });
  });
  await server.listen({ port: 0, host: '127.0.0.1' });
  const close = async () => {
    await server.close();
    await client.dispose();
  };
  return { said: { url: `http://127.0.0.1:${server.server.address().port}` }, close };
}

async function startApi({ eventstoreUrl, mongodbUrl, communityId, accounts }) {
  const folder = await mkdtemp(join(tmpdir(), 'estate-bench-http-'));
  const eventStore = EventStore.connect(eventstoreUrl);
  const readStore = await ReadStore.connect(mongodbUrl, { database: 'bench_http' });
  const vault = await Vault.connect(mongodbUrl, {
    database: 'bench_http_vault',
    masterKey: randomBytes(32),
    clock: systemClock,
  });
  const key = await ownTokenKey(join(folder, 'token.key'));
  const lines = createWriteStream('/dev/null');
  const app = await createApi({
    ...{ eventStore, readStore, vault, upcasters: new Upcasters(), clock: systemClock, requestsPerSecond: 0 },
    verifyToken: await verifyWithOwnKey(key),
    log: lineLog((text) => void lines.write(text)),
  });
  await app.listen(0, '127.0.0.1');
  const url = (await app.getUrl()).replace(/\/$/, '');
  const tokenOf = (role) => {
    const issuedAt = Math.floor(Date.now() / 1000);
    return issueToken(
      key,
      { id: 'bench', role, communities: [communityId], accounts: [] },
      { issuedAt, lifeSeconds: 3600 },
    );
  };
  const token = await tokenOf('billing-clerk');
  await prepare({ url, communityId, accounts, token, administrator: await tokenOf('administrator') });
  const sample = await sampleOf(eventStore, await send(url, feePath(communityId, 0), token, feeBody));
  const close = async () => {
    await app.close();
    await Promise.all([eventStore.close(), readStore.close(), vault.close()]);
    await rm(folder, { recursive: true, force: true });
  };
  return { said: { url, token, sample }, close };
}

async function prepare({ url, communityId, accounts, token, administrator }) {
  await send(url, `/communities/${communityId}`, administrator, { name: '映湖花园' });
  for (let from = 0; from < accounts; from += 32) {
    const numbers = Array.from({ length: Math.min(32, accounts - from) }, (_, n) => from + n);
    await Promise.all(
      numbers.map((number) => send(url, `/communities/${communityId}/accounts`, token, openingBody(number))),
    );
  }
}

async function send(url, path, token, body) {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const response = await fetch(url + path, { method: 'POST', headers, body: JSON.stringify(body) });
  if (response.status !== 201) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return response.json();
}

async function sampleOf(store, { stream, revision }) {
  for await (const [{ type, data, metadata }] of store.readStream(stream, { fromRevision: BigInt(revision) })) {
    return { type, data, metadata };
  }
  throw new Error('the command has stored nothing');
}

const { said, close } = input.way === 'bare' ? await startBare(input) : await startApi(input);
process.stdout.write(`${JSON.stringify(said)}\n`);
whenInputEnds(close);
