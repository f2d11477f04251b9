import {
  exitStatus,
  exitStatusOf,
  failureLine,
  openRuntime,
  resolveUserPath,
  stopSignal,
  type Environment,
  type Runtime,
} from '#libs/runtime';
import { Answer, writeTo } from './io/output.js';

/** Options every command understands. */
export interface GlobalOptions {
  readonly data?: string;
  readonly json?: boolean;
}

/** What a command gets to work with. */
export interface Session {
  readonly env: Environment;
  readonly json: boolean;
  /** Aborted when the user or the system asks the program to stop. */
  readonly signal: AbortSignal;
  /** The data folder named by --data. */
  readonly dataDir: string | undefined;
  /** What goes to stdout, all of it, once the command has succeeded. */
  readonly answer: Answer;
  /** A line for people, on stderr. */
  say(line: string): void;
  /** A path that the user wrote, against the user's folder. */
  path(path: string): string;
  /** Opens the stores for the time of `work`; rejects as soon as one of them fails. */
  withRuntime<T>(work: (runtime: Runtime) => Promise<T>): Promise<T>;
}

/** A command: resolves to its exit status, nothing for 0. `args` are the positional ones. */
export type CommandRun<Options> = (
  session: Session,
  args: readonly string[],
  options: Options,
) => Promise<number | void>;

export function createSession(options: GlobalOptions, signal: AbortSignal): Session {
  const env = process.env;
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  return {
    env,
    json: options.json === true,
    signal,
    dataDir: options.data,
    answer: new Answer(),
    say,
    path: (path) => resolveUserPath(path, env),
    withRuntime: async (work) => {
      const runtime = await openRuntime({ env, dataDir: options.data, say, signal });
      try {
        return await Promise.race([work(runtime), runtime.failed]);
      } finally {
        await runtime.close();
      }
    },
  };
}

async function finish(session: Session, work: () => Promise<number | void>): Promise<number> {
  try {
    const status = await work();
    session.signal.throwIfAborted();
    await session.answer.deliver(process.stdout);
    return status ?? 0;
  } catch (error) {
    await session.answer.discard();
    if (session.signal.aborted) {
      session.say(`estate: stopped by ${String(session.signal.reason)}`);
      return exitStatusOf(session.signal.reason);
    }
    session.say(failureLine(error));
    return exitStatus(error);
  }
}

/** Runs a command to its end and leaves the process: nothing that lingers in a client library keeps the caller waiting. */
export async function runCommand(
  options: GlobalOptions,
  work: (session: Session) => Promise<number | void>,
): Promise<void> {
  // `estate … | head`: the reader has gone, and that is no fault of ours.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
  const session = createSession(options, stopSignal());
  const status = await finish(session, () => work(session));
  await writeTo(process.stdout, '');
  process.stdout.end(() => process.exit(status));
}
