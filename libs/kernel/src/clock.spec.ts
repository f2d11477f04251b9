import { describe, expect, it } from '@jest/globals';
import { fixedClock, ManualClock, systemClock } from './clock.js';

describe('clocks', () => {
  it('give UTC instants with milliseconds', () => {
    expect(systemClock.now()).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(fixedClock('2026-01-01T00:00:00.000Z').now()).toBe('2026-01-01T00:00:00.000Z');
  });

  it('moves by hand, backwards too', () => {
    const clock = new ManualClock('2026-01-01T00:00:00.000Z');
    clock.advance(1500);
    expect(clock.now()).toBe('2026-01-01T00:00:01.500Z');
    clock.set('2025-12-31T00:00:00.000Z');
    expect(clock.now()).toBe('2025-12-31T00:00:00.000Z');
  });
});
