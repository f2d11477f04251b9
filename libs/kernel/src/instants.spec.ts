import { describe, expect, it } from '@jest/globals';
import { addMilliseconds, millisecondsBetween } from './instants.js';

describe('arithmetic of instants', () => {
  it('adds and subtracts elapsed time', () => {
    expect(addMilliseconds('2026-02-28T23:59:59.999Z', 1)).toBe('2026-03-01T00:00:00.000Z');
    expect(addMilliseconds('2026-03-01T00:00:00.000Z', -1)).toBe('2026-02-28T23:59:59.999Z');
    expect(millisecondsBetween('2026-01-01T00:00:00.000Z', '2026-01-02T00:00:00.001Z')).toBe(86_400_001);
  });

  it('refuses what leaves the four-digit years', () => {
    expect(() => addMilliseconds('9999-12-31T23:59:59.999Z', 1)).toThrow(
      expect.objectContaining({ code: 'INSTANT_INVALID' }),
    );
    expect(() => addMilliseconds('2026-01-01T00:00:00.000Z', Number.NaN)).toThrow(
      expect.objectContaining({ code: 'INSTANT_INVALID' }),
    );
  });
});
