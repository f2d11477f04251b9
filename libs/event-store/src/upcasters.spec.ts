import { describe, expect, it } from '@jest/globals';
import type { Json } from '#libs/kernel';
import type { EventMetadata } from './stored-event.js';
import { Upcasters } from './upcasters.js';

const add = (name: string) => (data: Json) => ({ ...(data as { [key: string]: Json }), [name]: true });
const upcasters = new Upcasters([
  { type: 'A', fromVersion: 2, upcast: add('three') },
  { type: 'A', fromVersion: 1, upcast: add('two') },
]);
const event = (type: string, schemaVersion: number) => ({
  type,
  data: { one: true },
  metadata: { schemaVersion } as EventMetadata,
});

describe('Upcasters', () => {
  it('lead every stored version to the present one', () => {
    expect(upcasters.versionOf('A')).toBe(3);
    expect(upcasters.versionOf('B')).toBe(1);
    expect(upcasters.dataOf(event('A', 1))).toEqual({ one: true, two: true, three: true });
    expect(upcasters.dataOf(event('A', 2))).toEqual({ one: true, three: true });
    expect(upcasters.dataOf(event('A', 3))).toEqual({ one: true });
    expect(upcasters.dataOf(event('B', 1))).toEqual({ one: true });
  });

  it.each([
    ['A', 4],
    ['A', 0],
    ['A', 1.5],
    ['B', 2],
  ])('refuse %s in version %d rather than guess', (type, version) => {
    expect(() => upcasters.dataOf(event(type, version))).toThrow(
      expect.objectContaining({ code: 'EVENT_VERSION_UNKNOWN' }),
    );
  });

  it('must lead from version 1 on without a gap or a double', () => {
    const upcast = (data: Json) => data;
    for (const versions of [[2], [1, 3], [1, 1]]) {
      const list = versions.map((fromVersion) => ({ type: 'A', fromVersion, upcast }));
      expect(() => new Upcasters(list)).toThrow(expect.objectContaining({ code: 'UPCASTERS_INCOMPLETE' }));
    }
  });
});
