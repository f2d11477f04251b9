import { describe, expect, it } from '@jest/globals';
import { ProgressMeter } from './progress.js';

describe('the progress of a run', () => {
  it('says the share, the speed of the last seconds and the time left', () => {
    let ms = 0;
    const meter = new ProgressMeter(1_000n, () => ms);
    const at = (atMs: number, events: number, position: bigint) => {
      ms = atMs;
      return meter.report({ events, position, to: 11_000n });
    };
    expect(at(0, 0, 1_000n)).toEqual({ share: 0, events: 0, eventsPerSecond: 0, secondsLeft: null });
    expect(at(1_000, 100, 2_000n)).toEqual({ share: 0.1, events: 100, eventsPerSecond: 100, secondsLeft: 9 });
    // Twice as fast from here: the mean of the window moves towards it, and once the slow second has left the window it is exact.
    expect(at(2_000, 300, 4_000n)).toMatchObject({ eventsPerSecond: 150 });
    for (let second = 3; second <= 14; second += 1)
      at(second * 1_000, 300 + (second - 2) * 10, 4_000n + BigInt(second));
    expect(at(15_000, 430, 4_015n)).toMatchObject({ eventsPerSecond: 10, secondsLeft: 6_985 });
    expect(at(16_000, 440, 11_000n)).toMatchObject({ share: 1, secondsLeft: 0 });
  });

  it('knows no time left while nothing moves', () => {
    let ms = 0;
    const meter = new ProgressMeter(-1n, () => ms);
    ms = 5_000;
    expect(meter.report({ events: 0, position: -1n, to: 9n })).toMatchObject({ eventsPerSecond: 0, secondsLeft: null });
  });

  it('keeps no more marks than a window holds, however fast the calls come', () => {
    let ms = 0;
    const meter = new ProgressMeter(0n, () => ms);
    for (let call = 1; call <= 100_000; call += 1) {
      ms = call;
      meter.report({ events: call, position: BigInt(call), to: 1_000_000n });
    }
    expect((meter as unknown as { marks: unknown[] }).marks.length).toBeLessThanOrEqual(42);
    expect(meter.report({ events: 100_000, position: 100_000n, to: 1_000_000n })).toMatchObject({ secondsLeft: 900 });
  });
});
