import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** How a program ended, and what it said. */
export interface Ended {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A program under way. */
export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** What it has said so far. */
  stdout(): string;
  stderr(): string;
  /** Resolves when a text shows up; rejects when the program ends without it. */
  until(stream: 'stdout' | 'stderr', pattern: RegExp): Promise<RegExpExecArray>;
}

export interface StartOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** Starts a program with its output collected; it is killed with its test process at the latest. */
export function start(command: string, args: readonly string[], options: StartOptions = {}): Running {
  const env = { ...process.env, ...options.env };
  const child = spawn(command, args, { cwd: options.cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const said = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (text: string) => void (said[stream] += text));
  }
  const killChild = (): void => void child.kill('SIGKILL');
  process.once('exit', killChild);
  const ended = once(child, 'close').then((result) => {
    const [status, signal] = result as [number | null, NodeJS.Signals | null];
    process.off('exit', killChild);
    return { status, signal, ...said };
  });
  return {
    child,
    ended,
    stdout: () => said.stdout,
    stderr: () => said.stderr,
    until: (stream, pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const found = pattern.exec(said[stream]);
          if (found) resolve(found);
        };
        child[stream].on('data', look);
        look();
        ended.then(
          ({ stdout, stderr }) => reject(new Error(`ended without ${String(pattern)}\n${stdout}\n${stderr}`)),
          reject,
        );
      }),
  };
}

/** The project's folder. */
export const ROOT = join(import.meta.dirname, '..', '..');

const APPS = join(ROOT, 'dist', 'apps');

/** Starts a built program of apps/ on a data folder of its own choice (not on servers that the environment names). */
export function startApp(app: string, args: readonly string[], dataDir: string, options: StartOptions = {}): Running {
  const env = {
    ESTATE_DATA_DIR: dataDir,
    EVENTSTORE_URL: undefined,
    MONGODB_URL: undefined,
    INIT_CWD: undefined,
    // Tests run beside each other.
    PORT: '0',
    ...options.env,
  };
  return start(process.execPath, [join(APPS, app, 'src', 'main.js'), ...args], { cwd: ROOT, ...options, env });
}

/** Runs one `estate` call to its end. */
export function estate(args: readonly string[], dataDir: string, options: StartOptions = {}): Promise<Ended> {
  return startApp('cli', args, dataDir, options).ended;
}

/** The document of a call that succeeded. */
export async function estateJson<T>(args: readonly string[], dataDir: string, options: StartOptions = {}): Promise<T> {
  const { status, stdout, stderr } = await estate([...args, '--json'], dataDir, options);
  if (status !== 0) throw new Error(`estate ${args.join(' ')} ended with ${status}: ${stderr}`);
  return JSON.parse(stdout) as T;
}

/** A folder that is removed by `remove`, which a test calls at its end. */
export function temporaryFolder(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'estate-e2e-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true, maxRetries: 5 }) };
}
