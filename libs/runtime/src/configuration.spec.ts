import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { readConfiguration, resolveUserPath } from './configuration.js';
import { projectRoot } from './project-root.js';

const EVENTSTORE_URL = 'esdb://example:2113';
const MONGODB_URL = 'mongodb://example';

describe('readConfiguration', () => {
  it('takes servers when both addresses are set', () => {
    const servers = { kind: 'servers', addresses: { eventstore: EVENTSTORE_URL, mongodb: MONGODB_URL } };
    expect(readConfiguration({ EVENTSTORE_URL, MONGODB_URL })).toEqual(servers);
    expect(readConfiguration({ EVENTSTORE_URL, MONGODB_URL, ESTATE_DATA_DIR: '/d' })).toEqual(servers);
  });

  it.each([
    [{ EVENTSTORE_URL }, undefined],
    [{ MONGODB_URL, EVENTSTORE_URL: '' }, undefined],
    [{ EVENTSTORE_URL, MONGODB_URL }, '/d'],
  ])('refuses half a choice, or two: %j %s', (env, dataDir) => {
    expect(() => readConfiguration(env, dataDir)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
  });

  it('takes the data folder given, else that of the environment, else the one in the project', () => {
    const env = { INIT_CWD: '/home/me', ESTATE_DATA_DIR: 'from-env' };
    expect(readConfiguration(env, 'given')).toEqual({ kind: 'standalone', dataDir: '/home/me/given' });
    expect(readConfiguration(env)).toEqual({ kind: 'standalone', dataDir: '/home/me/from-env' });
    expect(readConfiguration({ INIT_CWD: '/home/me' })).toEqual({
      kind: 'standalone',
      dataDir: join(projectRoot(), 'data'),
    });
  });
});

describe('resolveUserPath', () => {
  it("is against the user's folder, which npm leaves in INIT_CWD", () => {
    expect(resolveUserPath('a/b', { INIT_CWD: '/u' })).toBe('/u/a/b');
    expect(resolveUserPath('/a', { INIT_CWD: '/u' })).toBe('/a');
    expect(resolveUserPath('a', {})).toBe(join(process.cwd(), 'a'));
  });
});
