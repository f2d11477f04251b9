import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { canonicalJson, commandIdOf, type Json, type NewEvent } from '#libs/kernel';
import { EMPTY_HEAD, encodeEvents, hashOfStored, inputHashOf, ZERO_HASH } from './encode.js';
import { ChainVerifier, verifyChain } from './hash-chain.js';
import type { EventMetadata, StoredEvent } from './stored-event.js';
import { Upcasters } from './upcasters.js';

const STREAM = 'account-a.1';
const text = fc.string({ unit: 'grapheme', maxLength: 20 });
const data = fc.dictionary(
  text,
  fc.oneof(
    text,
    fc.maxSafeInteger().map((n) => n + 0),
    fc.boolean(),
    fc.constant(null),
  ),
  { maxKeys: 5, noNullPrototype: true },
);

/** A stream of commands of the given sizes, as it would be read. */
function streamOf(
  commands: readonly (readonly Json[])[],
  stream = STREAM,
  clock = (n: number) => `2026-01-01T00:00:0${n % 10}.000Z`,
): StoredEvent[] {
  const events: StoredEvent[] = [];
  let head = EMPTY_HEAD;
  commands.forEach((command, n) => {
    const drafts = command.map((d): NewEvent => ({
      type: 'FeeAssessed',
      data: d,
      effectiveOn: '2026-01-01',
      occurredAt: '2026-01-01T00:00:00.000Z',
    }));
    const context = {
      commandId: commandIdOf('a', 'test', n),
      input: n,
      inputHash: inputHashOf(n),
      actor: { id: 'x', role: 'y' },
      communityId: 'a',
    };
    const encoded = encodeEvents(stream, head, context, clock(n), drafts, new Upcasters());
    for (const event of encoded.events) {
      const metadata = JSON.parse(event.metadataText) as EventMetadata;
      events.push({
        stream,
        revision: BigInt(events.length),
        position: 0n,
        id: event.id,
        type: event.type,
        data: JSON.parse(event.dataText) as Json,
        metadata,
      });
    }
    head = encoded.head;
  });
  return events;
}

function faults(events: readonly StoredEvent[]): string[] {
  const verifier = new ChainVerifier();
  for (const event of events) verifier.add(event);
  return verifier.report().broken.map((fault) => `${fault.revision} ${fault.code}`);
}

describe('encoding', () => {
  it('hashes and stores the same canonical text, whatever the data is', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(data, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 5 }),
        (commands) => {
          const events = streamOf(commands as Json[][]);
          expect(faults(events)).toEqual([]);
          for (const event of events) expect(hashOfStored(event)).toBe(event.metadata.hash);
          expect(events[0]!.metadata.prevHash).toBe(ZERO_HASH);
        },
      ),
    );
  });

  it('writes its texts in canonical form', () => {
    const context = {
      commandId: commandIdOf('阴湖', 'test', 1),
      input: 1,
      inputHash: inputHashOf(1),
      actor: { id: '"王"', role: 'y' },
      communityId: '阴湖',
      traceparent: '00-1',
    };
    const draft = {
      type: 'FeeAssessed',
      data: { b: 1, a: '\u0007' },
      effectiveOn: '2026-01-01',
      occurredAt: '2026-01-01T00:00:00.000Z',
    };
    const { events } = encodeEvents(
      'account-阴湖.1',
      EMPTY_HEAD,
      context,
      '2026-01-01T00:00:00.000Z',
      [draft],
      new Upcasters(),
    );
    for (const stored of [events[0]!.dataText, events[0]!.metadataText])
      expect(canonicalJson(JSON.parse(stored))).toBe(stored);
    expect(events[0]!.bytes).toBe(Buffer.byteLength(events[0]!.dataText + events[0]!.metadataText));
  });

  it('refuses what must not be stored', () => {
    const context = {
      commandId: commandIdOf('a', 'test', 1),
      input: 1,
      inputHash: inputHashOf(1),
      actor: { id: 'x', role: 'y' },
      communityId: 'a',
    };
    const good = { type: 'FeeAssessed', data: {}, effectiveOn: '2026-01-01', occurredAt: '2026-01-01T00:00:00.000Z' };
    const encode =
      (draft: NewEvent, command = context, now = '2026-01-01T00:00:00.000Z') =>
      () =>
        encodeEvents(STREAM, EMPTY_HEAD, command, now, [draft], new Upcasters());
    const refused = (code: string) => expect.objectContaining({ code });
    expect(encode({ ...good, data: { amount: 1n } })).toThrow(refused('EVENT_NOT_JSON'));
    expect(encode({ ...good, data: { amount: 0.1 } })).toThrow(refused('EVENT_NOT_JSON'));
    expect(encode({ ...good, type: 'fee assessed' })).toThrow(refused('EVENT_TYPE_INVALID'));
    expect(encode({ ...good, effectiveOn: '2026-02-30' })).toThrow(refused('DATE_INVALID'));
    expect(encode({ ...good, occurredAt: '2026-01-01T08:00:00+08:00' })).toThrow(refused('INSTANT_INVALID'));
    expect(encode(good, { ...context, commandId: 'not-a-uuid' })).toThrow(refused('COMMAND_ID_INVALID'));
    expect(encode(good, context, '2026-01-01')).toThrow(refused('INSTANT_INVALID'));
  });
});

describe('ChainVerifier', () => {
  const events = streamOf([[{ n: 0 }], [{ n: 1 }, { n: 2 }], [{ n: 3 }], [{ n: 4 }]]);
  const changed = (index: number, change: Partial<StoredEvent>) =>
    events.map((e, i) => (i === index ? { ...e, ...change } : e));

  it('finds a changed event, a dropped one, an added one and a swap', () => {
    expect(faults(events)).toEqual([]);
    expect(faults(changed(2, { data: { n: 9 } }))).toEqual(['2 HASH_MISMATCH']);
    expect(faults(changed(2, { type: 'FeeReversed' }))).toEqual(['2 HASH_MISMATCH']);
    expect(faults(changed(2, { metadata: { ...events[2]!.metadata, actor: { id: 'z', role: 'y' } } }))).toEqual([
      '2 HASH_MISMATCH',
    ]);
    expect(faults(events.filter((_, i) => i !== 2))).toEqual(['3 REVISION_GAP']);
    expect(faults([...events.slice(0, 2), events[1]!, ...events.slice(2)])).toEqual(['1 REVISION_GAP']);
    expect(faults([events[0]!, events[2]!, events[1]!, ...events.slice(3)])).toEqual([
      '2 REVISION_GAP',
      '1 REVISION_GAP',
      '3 REVISION_GAP',
    ]);
  });

  it('finds an event that was changed with its own hash made to fit', () => {
    const metadata = { ...events[2]!.metadata, actor: { id: 'z', role: 'y' } };
    const forged = { ...events[2]!, metadata: { ...metadata, hash: hashOfStored({ ...events[2]!, metadata }) } };
    expect(faults(changed(2, forged))).toEqual(['3 CHAIN_BROKEN']);
  });

  it('finds what is not of the format, without failing itself', () => {
    expect(faults(changed(2, { metadata: {} as EventMetadata }))).toContain('2 HASH_MISMATCH');
    expect(faults(changed(2, { metadata: null as never }))).toContain('2 NOT_JSON');
    expect(faults(changed(2, { data: 1.5 }))).toEqual(['2 NOT_JSON']);
  });

  it('finds a recordedAt that decreases', () => {
    const back = streamOf([[{ n: 0 }], [{ n: 1 }]]);
    const metadata = { ...back[1]!.metadata, recordedAt: '2025-01-01T00:00:00.000Z' };
    const forged = { ...back[1]!, metadata: { ...metadata, hash: hashOfStored({ ...back[1]!, metadata }) } };
    expect(faults([back[0]!, forged])).toEqual(['1 RECORDED_AT_DECREASES']);
  });

  it('keeps many streams apart and reports their heads', async () => {
    const other = streamOf([[{ n: 7 }], [{ n: 8 }]], 'account-a.2');
    const pages = (async function* () {
      yield [events[0]!, other[0]!, events[1]!];
      yield [events[2]!, other[1]!, events[3]!, events[4]!];
    })();
    const report = await verifyChain(pages);
    expect([report.streams, report.events, report.broken]).toEqual([2, 7, []]);
    expect(report.heads.get('account-a.2')).toMatchObject({ revision: 1n, hash: other[1]!.metadata.hash });
  });
});
