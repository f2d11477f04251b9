import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { encodeEvents, hashOfStored, inputHashOf, Upcasters, type StoredEvent } from '#libs/event-store';
import { commandIdOf, type Actor, type Json, type LocalDate } from '#libs/kernel';

const FOLDER = join(import.meta.dirname, 'events');

/** Every stored version of every event type that was ever written. Files are added, never changed (ADR 0001). */
const CATALOGUE = [
  'AccountOpened.v1',
  'CommunityRegistered.v1',
  'CreditApplied.v1',
  'DisputeOpened.v1',
  'DisputeProgressed.v1',
  'FeeAssessed.v1',
  'FeeReversed.v1',
  'HoldLifted.v1',
  'HoldPlaced.v1',
  'LateFeeAssessed.v1',
  'LegalReferralMade.v1',
  'NumberDrawn.v1',
  'NumberVoided.v1',
  'OccupancyEnded.v1',
  'OccupancyStarted.v1',
  'ParkedEventDiscarded.v1',
  'PartyDetailsChanged.v1',
  'PartyErased.v1',
  'PartyRegistered.v1',
  'PaymentAllocated.v1',
  'PaymentReceived.v1',
  'PaymentReversed.v1',
  'ReadModelSwitched.v1',
  'ReminderSent.v1',
  'UnitRegistered.v1',
];

interface StoredFile {
  stream: string;
  revision: string;
  id: string;
  type: string;
  data: Json;
  metadata: { [key: string]: Json };
}

interface Golden {
  given: {
    command: {
      communityId: string;
      source: string;
      key: Json;
      input: Json;
      actor: Actor;
      correlationId?: string;
      causationId?: string;
      traceparent?: string;
    };
    now: string;
    head: { revision: string; hash: string; recordedAt: string };
  };
  stored: StoredFile;
}

function load(name: string): Golden {
  return JSON.parse(readFileSync(join(FOLDER, `${name}.json`), 'utf8')) as Golden;
}

/** RFC 8785 in five lines, and nothing of the project's: the hash must follow from the decision record alone. */
function jcs(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(jcs).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const object = value as { [key: string]: Json };
  return `{${Object.keys(object).sort().map((key) => `${JSON.stringify(key)}:${jcs(object[key]!)}`).join(',')}}`;
}

function sha256(text: string): string {
  return createHash('sha256').update(Buffer.from(text, 'utf8')).digest('hex');
}

function uuid5(name: string): string {
  const namespace = Buffer.from('b32c58b1121c5130bac1b29eca805bf2', 'hex');
  const bytes = createHash('sha1').update(namespace).update(Buffer.from(name, 'utf8')).digest().subarray(0, 16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x50;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

function asEvent(stored: StoredFile): StoredEvent {
  return { ...stored, revision: BigInt(stored.revision), position: 0n, metadata: stored.metadata as never };
}

describe('golden events (ADR 0001)', () => {
  it('has a file for every stored version of every type', () => {
    const files = readdirSync(FOLDER).map((file) => file.replace(/\.json$/, ''));
    expect(files.sort()).toEqual(CATALOGUE);
  });

  it.each(CATALOGUE)('%s: hash, ids and input hash follow from the written rules', (name) => {
    const { given, stored } = load(name);
    const { hash, ...metadata } = stored.metadata;
    const { stream, revision, id, type, data } = stored;
    expect(hash).toBe(sha256(jcs({ stream, revision, id, type, data, metadata })));
    expect(metadata['inputHash']).toBe(sha256(jcs(given.command.input)));
    const commandId = uuid5(jcs(['command', given.command.communityId, given.command.source, given.command.key]));
    expect(metadata['commandId']).toBe(commandId);
    expect(id).toBe(uuid5(jcs(['event', commandId, stream, 0])));
    expect(name).toBe(`${type}.v${String(metadata['schemaVersion'])}`);
  });

  it.each(CATALOGUE)('%s: the same input is still stored as the very same bytes', (name) => {
    const { given, stored } = load(name);
    const { source, key, ...context } = given.command;
    const command = {
      ...context,
      commandId: commandIdOf(context.communityId, source, key),
      inputHash: inputHashOf(context.input),
    };
    const { effectiveOn, occurredAt } = stored.metadata as { effectiveOn: LocalDate; occurredAt: string };
    const head = { ...given.head, revision: BigInt(given.head.revision) };
    const draft = { type: stored.type, data: stored.data, effectiveOn, occurredAt };
    const { events } = encodeEvents(stored.stream, head, command, given.now, [draft], new Upcasters());
    expect(events).toHaveLength(1);
    expect(events[0]!.id).toBe(stored.id);
    expect(events[0]!.dataText).toBe(jcs(stored.data));
    expect(events[0]!.metadataText).toBe(jcs(stored.metadata));
    expect(hashOfStored(asEvent(stored))).toBe(stored.metadata['hash']);
  });

  it.each(CATALOGUE)('%s: every changed value is found', (name) => {
    const { stored } = load(name);
    let changes = 0;
    for (const changed of everyChange(stored as unknown as Json)) {
      const event = asEvent(changed as unknown as StoredFile);
      if (changedOnlyHash(changed as unknown as StoredFile, stored)) continue;
      changes++;
      expect(hashOfStored(event)).not.toBe(stored.metadata['hash']);
    }
    expect(changes).toBeGreaterThan(15);
  });
});

function changedOnlyHash(changed: StoredFile, stored: StoredFile): boolean {
  const without = (file: StoredFile) => ({ ...file, metadata: { ...file.metadata, hash: null } });
  return jcs(without(changed) as unknown as Json) === jcs(without(stored) as unknown as Json);
}

/** The value with one leaf changed or one array member dropped, for each of them. */
function* everyChange(value: Json): Generator<Json> {
  if (typeof value === 'string') yield /^\d+$/.test(value) ? String(BigInt(value) + 1n) : `${value}x`;
  else if (typeof value === 'number') yield value + 1;
  else if (typeof value === 'boolean') yield !value;
  else if (value === null) yield 'null';
  else if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) {
      yield value.toSpliced(i, 1);
      for (const changed of everyChange(value[i] as Json)) yield value.with(i, changed);
    }
  } else {
    const object = value as { [key: string]: Json };
    for (const key of Object.keys(object)) {
      for (const changed of everyChange(object[key]!)) yield { ...object, [key]: changed };
    }
  }
}
