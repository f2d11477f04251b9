import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ROOT, start, temporaryFolder, type Ended } from '../support/processes.js';

/** A project of the same shape with one small program; the packages are the real ones. */
const folder = temporaryFolder();
const at = (...path: string[]): string => join(folder.path, ...path);
const run = (...args: string[]): Promise<Ended> => start(process.execPath, [at('tools', 'run.mjs'), ...args]).ended;
const BUILT = /building/;

beforeAll(() => {
  for (const name of ['package.json', 'package-lock.json', 'nest-cli.json', '.swcrc', 'tsconfig.json', 'tools']) {
    cpSync(join(ROOT, name), at(name), { recursive: true });
  }
  symlinkSync(join(ROOT, 'node_modules'), at('node_modules'));
  for (const path of ['apps/hello/src', 'libs/greeting/src', 'projections']) mkdirSync(at(path), { recursive: true });
  writeFileSync(
    at('apps/hello/src/main.ts'),
    `import { greeting } from '#libs/greeting';\nconst words: string[] = process.argv.slice(2);\nconsole.log(greeting, ...words);\nif (words[0] === 'stay') setInterval(() => 0, 1000);\n`,
  );
  writeFileSync(at('libs/greeting/src/index.ts'), `export const greeting: string = 'hello';\n`);
  writeFileSync(at('libs/greeting/src/index.spec.ts'), `throw new Error('not built');\n`);
  writeFileSync(at('projections/index.ts'), `export {};\n`);
});
afterAll(() => folder.remove());

describe('tools/run.mjs', () => {
  it('builds once, says so on stderr, and runs the program in-process with its arguments', async () => {
    const first = await run('hello', '--json', 'world');
    expect(first).toMatchObject({ status: 0, stdout: 'hello --json world\n', stderr: expect.stringMatching(BUILT) });
    const second = await run('hello');
    expect(second).toEqual({ status: 0, signal: null, stdout: 'hello\n', stderr: '' });
    expect(existsSync(at('dist/libs/greeting/src/index.spec.js'))).toBe(false);
  }, 120_000);

  it('builds again when a source changes, once for two callers at a time, and nothing of a removed source stays', async () => {
    writeFileSync(at('libs/greeting/src/index.ts'), `export { greeting } from './words.js';\n`);
    writeFileSync(at('libs/greeting/src/words.ts'), `export const greeting: string = 'good day';\n`);
    const both = await Promise.all([run('hello'), run('hello')]);
    expect(both.map(({ stdout }) => stdout)).toEqual(['good day\n', 'good day\n']);
    expect(both.filter(({ stderr }) => BUILT.test(stderr))).toHaveLength(1);
    rmSync(at('libs/greeting/src/words.ts'));
    writeFileSync(at('libs/greeting/src/index.ts'), `export const greeting: string = 'hello';\n`);
    expect(await run('--build')).toMatchObject({ status: 0, stdout: '' });
    expect(existsSync(at('dist/libs/greeting/src/words.js'))).toBe(false);
  }, 120_000);

  it('does not build when only a test or a script changes', async () => {
    writeFileSync(at('libs/greeting/src/index.spec.ts'), `export {};\n`);
    writeFileSync(
      at('package.json'),
      JSON.stringify({ ...(JSON.parse(readFileSync(at('package.json'), 'utf8')) as object), scripts: {} }),
    );
    expect(await run('hello')).toMatchObject({ status: 0, stderr: '' });
  });

  it('keeps the last build when one fails or is killed in the middle, and stays stale', async () => {
    writeFileSync(at('libs/greeting/src/index.ts'), `export const = ;\n`);
    expect(await run('hello')).toMatchObject({ status: 1, stdout: '' });
    expect(existsSync(at('dist/apps/hello/src/main.js'))).toBe(true);
    writeFileSync(at('libs/greeting/src/index.ts'), `export const greeting: string = 'again';\n`);
    const killed = start(process.execPath, [at('tools', 'run.mjs'), 'hello']);
    await killed.until('stderr', BUILT);
    killed.child.kill('SIGKILL');
    await killed.ended;
    expect(await run('hello')).toMatchObject({ status: 0, stdout: 'again\n', stderr: expect.stringMatching(BUILT) });
  }, 120_000);

  it('hands a signal on, and runs tools of the packages and scripts of the project', async () => {
    const staying = start(process.execPath, [at('tools', 'run.mjs'), 'hello', 'stay']);
    await staying.until('stdout', /stay/);
    staying.child.kill('SIGTERM');
    expect(await staying.ended).toMatchObject({ signal: 'SIGTERM' });
    expect(await run('--installed', 'tsc', '--version')).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^Version 6/),
    });
    writeFileSync(at('script.mjs'), `console.log('script', ...process.argv.slice(2));\n`);
    expect(await run('--built', 'script.mjs', 'a')).toMatchObject({ status: 0, stdout: 'script a\n' });
  }, 120_000);

  it('installs nothing through a node_modules that is a link: what it points to would be emptied', async () => {
    const [other, linked] = [at('other'), at('linked')];
    for (const path of [other, linked]) mkdirSync(path);
    writeFileSync(join(other, 'precious'), '');
    for (const name of ['package.json', 'package-lock.json', 'tools'])
      cpSync(at(name), join(linked, name), { recursive: true });
    symlinkSync(other, join(linked, 'node_modules'));
    const { status, stderr } = await start(process.execPath, [join(linked, 'tools', 'run.mjs'), '--install']).ended;
    expect([status, stderr]).toEqual([
      1,
      expect.stringMatching(/^estate-ledger: \S+node_modules is a symbolic link[^\n]*\n$/),
    ]);
    expect(readdirSync(other)).toEqual(['precious']);
  }, 60_000);

  it.each([[[]], [['nothing']], [['../cli']], [['--built']], [['--installed', 'no-such-tool']]])(
    'ends with 2 for %j',
    async (args) => {
      expect(await run(...args)).toMatchObject({
        status: 2,
        stdout: '',
        stderr: expect.stringMatching(/^estate-ledger: [^\n]+\n$/),
      });
    },
  );

  it('neither installs nor builds for `npm run -s estate -- --version` when nothing changed', async () => {
    const version = ['run', '-s', 'estate', '--', '--version'];
    await start('npm', version, { cwd: ROOT }).ended;
    const { status, stdout, stderr } = await start('npm', version, { cwd: ROOT }).ended;
    expect([status, stdout]).toEqual([0, '0.1.0\n']);
    expect(stderr).not.toContain('estate-ledger:');
  }, 120_000);
});
