import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { MongoClient } from 'mongodb';
import {
  CommandRunner,
  EventStore,
  kidOf,
  Vault,
  verifyChain,
  type Envelope,
  type StoredEvent,
} from '#libs/event-store';
import { ManualClock, streamName, type Json } from '#libs/kernel';
import { sampleCommand, sampleDecider } from '../../support/sample-decider.js';
import { openTestStores, uniqueCommunity, type TestStores } from '../../support/stores.js';

let stores: TestStores;
let client: MongoClient;
let vault: Vault;
let subject: { communityId: string; subject: string };
const database = `test_${randomUUID().slice(0, 8)}_vault`;
const masterKey = randomBytes(32);
const clock = new ManualClock('2026-01-01T00:00:00.000Z');
const details = { name: '王小明', phone: '13800000000' };
const access = { actor: { id: 'agent-1', role: 'service-agent' }, purpose: 'calling back' };

beforeAll(async () => {
  stores = await openTestStores();
  client = await new MongoClient(stores.mongodbUrl).connect();
  vault = await Vault.connect(stores.mongodbUrl, { database, masterKey, clock });
});

afterAll(async () => {
  await vault.close();
  await client
    .db(database)
    .dropDatabase()
    .catch(() => undefined);
  await client.close();
  await stores.close();
});

beforeEach(() => {
  subject = { communityId: uniqueCommunity(), subject: 'party/P-1' };
});

describe('Vault (R4.3)', () => {
  it('seals and opens; the envelope shows nothing, and no two are alike', async () => {
    const one = await vault.seal(subject, details);
    const two = await vault.seal(subject, details);
    expect(Object.keys(one).sort()).toEqual(['ct', 'iv', 'kid', 'tag']);
    expect(one.kid).toBe(kidOf(subject));
    expect(one.ct).not.toBe(two.ct);
    expect(await vault.open(one, access)).toEqual(details);
    expect(await vault.open(two, access)).toEqual(details);
  });

  it('makes one key for a subject, whoever comes first', async () => {
    const other = await Vault.connect(stores.mongodbUrl, { database, masterKey });
    const envelopes = await Promise.all(Array.from({ length: 10 }, (_, n) => (n % 2 ? vault : other).seal(subject, n)));
    expect(await Promise.all(envelopes.map((e) => vault.open(e, access)))).toEqual(envelopes.map((_, n) => n));
    await other.close();
  });

  it('keeps the keys wrapped: the database alone opens nothing', async () => {
    const envelope = await vault.seal(subject, details);
    const stored = JSON.stringify(
      await client.db(database).collection<{ _id: string }>('keys').findOne({ _id: envelope.kid }),
    );
    expect(stored).not.toContain('王小明');
    const thief = new Vault(client.db(database), { masterKey: randomBytes(32) });
    await expect(thief.open(envelope, access)).rejects.toMatchObject({ code: 'VAULT_KEY_INVALID' });
    expect(() => new Vault(client.db(database), { masterKey: randomBytes(16) })).toThrow(
      expect.objectContaining({ code: 'VAULT_KEY_INVALID' }),
    );
  });

  it('finds a changed or swapped envelope', async () => {
    const envelope = await vault.seal(subject, details);
    const another = await vault.seal({ ...subject, subject: 'party/P-2' }, details);
    const changed: Envelope[] = [
      { ...envelope, ct: another.ct },
      { ...envelope, iv: another.iv },
      { ...envelope, tag: another.tag },
      { ...envelope, tag: envelope.tag.slice(0, 6) },
      { ...another, kid: envelope.kid },
      { ...envelope, kid: kidOf({ ...subject, subject: 'party/unknown' }) },
    ];
    for (const bad of changed)
      await expect(vault.open(bad, access)).rejects.toMatchObject({ code: 'ENVELOPE_INVALID' });
  });

  it('logs every access with its purpose, and gives nothing without one', async () => {
    const envelope = await vault.seal(subject, details);
    await vault.open(envelope, access);
    clock.advance(1_000);
    await vault.open(envelope, { ...access, purpose: 'printing a notice', correlationId: 'c-1' });
    await expect(vault.open(envelope, { ...access, purpose: ' ' })).rejects.toMatchObject({ code: 'PURPOSE_MISSING' });
    const log = await vault.listAccesses(subject);
    expect(log.map((e) => [e.action, e.purpose, e.actor.id, e.correlationId])).toEqual([
      ['opened', 'calling back', 'agent-1', null],
      ['opened', 'printing a notice', 'agent-1', 'c-1'],
    ]);
  });

  it('erases a person: nothing opens any more, nothing new is sealed, others are untouched', async () => {
    const envelope = await vault.seal(subject, details);
    const other = { ...subject, subject: 'party/P-2' };
    const kept = await vault.seal(other, details);
    const officer = { actor: { id: 'p-1', role: 'privacy-officer' }, purpose: 'request of the person' };
    await vault.destroy(subject, officer);
    await vault.destroy(subject, officer);
    await expect(vault.open(envelope, access)).rejects.toMatchObject({ code: 'SUBJECT_ERASED' });
    await expect(vault.seal(subject, details)).rejects.toMatchObject({ code: 'SUBJECT_ERASED' });
    await expect(vault.fingerprint(subject, details)).rejects.toMatchObject({ code: 'SUBJECT_ERASED' });
    expect(await vault.open(kept, access)).toEqual(details);
    expect((await vault.listAccesses(subject)).map((e) => e.action)).toEqual(['destroyed']);
    const document = await client.db(database).collection<{ _id: string }>('keys').findOne({ _id: envelope.kid });
    expect(document).toMatchObject({ wrapped: null });
  });

  it('refuses a subject that was erased before anything was sealed', async () => {
    await vault.destroy(subject, access);
    await expect(vault.seal(subject, details)).rejects.toMatchObject({ code: 'SUBJECT_ERASED' });
  });

  it('gives a fingerprint that is the same for the same value of the same person only', async () => {
    const print = await vault.fingerprint(subject, details);
    expect(print).toMatch(/^[0-9a-f]{64}$/);
    expect(await vault.fingerprint(subject, { phone: details.phone, name: details.name })).toBe(print);
    expect(await vault.fingerprint(subject, { ...details, phone: '1' })).not.toBe(print);
    expect(await vault.fingerprint({ ...subject, subject: 'party/P-2' }, details)).not.toBe(print);
  });

  it('keeps the hash chain valid after an erasure', async () => {
    const store = EventStore.connect(stores.eventstoreUrl);
    const { communityId } = subject;
    const envelope = await vault.seal(subject, details);
    const event = {
      type: 'AmountAdded' as const,
      data: { amount: 1, sum: 1, details: envelope },
      effectiveOn: '2026-01-01',
      occurredAt: clock.now(),
    };
    const input: Json = { details: await vault.fingerprint(subject, details) };
    await new CommandRunner(store).execute(sampleDecider, 'A', sampleCommand(communityId, 'k', input), () => [event]);
    await vault.destroy(subject, access);
    const stream = streamName('account', communityId, 'A');
    expect((await verifyChain(store.readStream(stream))).broken).toEqual([]);
    const events: StoredEvent[] = [];
    for await (const page of store.readStream(stream)) events.push(...page);
    expect(JSON.stringify(events.map((e) => [e.data, e.metadata]))).not.toMatch(/王小明|13800000000/);
    await store.close();
  });
});
