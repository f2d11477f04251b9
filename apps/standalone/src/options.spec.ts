import { describe, expect, it } from '@jest/globals';
import { parseOptions } from './options.js';

describe("the servers' options", () => {
  it('are a folder, two ports, and whether it is all in one', () => {
    expect(parseOptions([])).toEqual({
      dataDir: undefined,
      serve: { eventstorePort: 0, mongodbPort: 0, projecting: false },
      publishedDays: undefined,
    });
    const args = ['--data', 'd', '--eventstore-port', '2113', '--mongodb-port=27017', '--serve', '--published-days=f'];
    expect(parseOptions(args)).toEqual({
      dataDir: 'd',
      serve: { eventstorePort: 2113, mongodbPort: 27_017, projecting: true },
      publishedDays: 'f',
    });
  });

  it.each([
    ['PORT_INVALID', ['--mongodb-port', '65536']],
    ['PORT_INVALID', ['--eventstore-port', 'x']],
    ['USAGE_INVALID', ['--port', '1']],
    ['USAGE_INVALID', ['--published-days', 'f']],
    ['USAGE_INVALID', ['folder']],
    ['USAGE_INVALID', ['--data']],
  ])('are refused with %s: %j', (code, args) => {
    expect(() => parseOptions(args)).toThrow(expect.objectContaining({ code }));
  });
});
