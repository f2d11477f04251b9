import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { checkDeclarations } from '#libs/projection-engine';
import { EVENT_TYPES, projections, queryIndexes } from './index.js';

describe("the project's projections", () => {
  it('fold what is recorded, and have an index for every query', () => {
    expect(() => checkDeclarations({ projections, eventTypes: EVENT_TYPES, queries: queryIndexes })).not.toThrow();
  });

  it('leave out no index that a reader names', () => {
    const readers = readdirSync(import.meta.dirname, { recursive: true })
      .map(String)
      .filter((file) => /\.reader\.ts$|-scan\.ts$|-checks\.ts$/.test(file));
    const used = readers.flatMap(
      (file) => readFileSync(join(import.meta.dirname, file), 'utf8').match(/\w+_INDEX(?=\.key)/g) ?? [],
    );
    const known = readFileSync(join(import.meta.dirname, 'query-indexes.ts'), 'utf8');
    expect(used.length).toBeGreaterThan(8);
    for (const index of used) expect(known).toContain(`index: ${index} }`);
  });

  it('know every type that is stored in a golden file', () => {
    const files = readdirSync(join(import.meta.dirname, '..', 'test', 'golden', 'events'));
    const types = files.map((file) => file.split('.')[0]!);
    expect(types.filter((type) => !EVENT_TYPES.has(type))).toEqual([]);
  });
});
