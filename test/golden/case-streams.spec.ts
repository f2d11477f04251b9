import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import type { Json } from '#libs/kernel';
import { CASE_ACTIONS, CASE_KINDS, caseDecider, COMMON_ACTIONS, eventType, type CaseEvent, type CaseKind } from '#libs/service-desk';
import { goldenStreams } from './case-streams.scenario.js';

interface Stored {
  readonly stream: string;
  readonly revision: string;
  readonly id: string;
  readonly type: string;
  readonly data: Json;
  readonly metadata: { readonly [name: string]: Json };
}
interface GoldenStream {
  readonly stored: readonly Stored[];
  readonly state: Json;
}

/** Every type of a kind at its first version, as stored; files are added, never changed (ADR 0001, 0005). */
function golden(kind: CaseKind): GoldenStream[] {
  return JSON.parse(readFileSync(join(import.meta.dirname, 'case-streams', `${kind}.v1.json`), 'utf8')) as GoldenStream[];
}

/** RFC 8785 for what events hold, with nothing of the project's. */
function jcs(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(jcs).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const object = value as { [name: string]: Json };
  return `{${Object.keys(object).sort().map((name) => `${JSON.stringify(name)}:${jcs(object[name]!)}`).join(',')}}`;
}

describe.each(CASE_KINDS)('golden streams of a %s', (kind) => {
  it('have every type', () => {
    const types = new Set(golden(kind).flatMap(({ stored }) => stored.map(({ type }) => type)));
    const expected = [...CASE_ACTIONS, ...COMMON_ACTIONS].map((action) => eventType(kind, action));
    expect([...types].sort()).toEqual(expected.sort());
  });

  it('are chained by their hashes', () => {
    for (const { stored } of golden(kind)) {
      let previous = '0'.repeat(64);
      for (const { stream, revision, id, type, data, metadata } of stored) {
        const { hash, ...rest } = metadata;
        expect(rest['prevHash']).toBe(previous);
        const text = jcs({ stream, revision, id, type, data, metadata: rest });
        expect(hash).toBe((previous = createHash('sha256').update(text).digest('hex')));
      }
    }
  });

  it('fold to the same state, for ever', () => {
    const decider = caseDecider(kind);
    for (const { stored, state } of golden(kind)) {
      const folded = stored.reduce((before, { type, data, metadata }) => {
        const { effectiveOn, occurredAt, recordedAt, actor } = metadata;
        const event = { type, data, effectiveOn, occurredAt, recordedAt, actor } as unknown as CaseEvent;
        return decider.evolve(before, event as Parameters<typeof decider.evolve>[1]);
      }, decider.initialState());
      expect(JSON.parse(JSON.stringify(folded))).toEqual(state);
    }
  });

  it('are what the same commands still store', () => {
    expect(goldenStreams(kind)).toEqual(golden(kind));
  });
});
