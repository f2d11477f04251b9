import { describe, expect, it } from '@jest/globals';
import { parseOptions } from './options.js';

describe("the demo's options", () => {
  it('have defaults for everything', () => {
    expect(parseOptions([])).toEqual({ exit: false, dataDir: undefined, units: 300, seed: 1 });
    expect(parseOptions(['--exit', '--units=12', '--seed', '7', '--data', 'd'])).toEqual({
      ...{ exit: true, dataDir: 'd', units: 12, seed: 7 },
    });
  });

  it.each([[['--units', '11']], [['--units', 'many']], [['--seed', '-1']], [['--year', '2020']], [['now']]])(
    'are refused: %j',
    (args) => expect(() => parseOptions(args)).toThrow(expect.objectContaining({ code: 'USAGE_INVALID' })),
  );
});
