import { DomainError } from '#libs/kernel';
import { exitStatus, failureLine, openRuntime, resolveUserPath, stopSignal, type Environment } from '#libs/runtime';
import { parseOptions, type SchedulerOptions } from './options.js';
import { publishedSchedule } from './published-schedule.js';
import { watchClocks } from './watch-clocks.js';

const say = (line: string): void => void process.stderr.write(`${line}\n`);

async function schedule({ publishedDays }: SchedulerOptions, env: Environment, signal: AbortSignal): Promise<void> {
  const calendars = publishedSchedule(publishedDays && resolveUserPath(publishedDays, env));
  // A file that cannot be read is said now, not at the first deadline.
  calendars();
  const runtime = await openRuntime({ env, say, signal });
  try {
    if (runtime.mode === 'standalone-owner') {
      throw new DomainError(
        'CONFIG_INVALID',
        'a scheduler alone needs servers: set EVENTSTORE_URL and MONGODB_URL, or use npm start',
      );
    }
    if (runtime.projecting)
      throw new DomainError('ALREADY_SCHEDULING', 'the program that serves this data folder runs the clocks itself');
    say('estate: scheduler: running');
    await Promise.race([watchClocks(runtime, { calendars, say }, signal), runtime.failed]);
  } finally {
    await runtime.close();
  }
}

/** Runs the process managers on real servers (or on bare standalone ones), beside a projector, until SIGTERM or SIGINT. */
export async function runScheduler(args: readonly string[], env: Environment): Promise<void> {
  const signal = stopSignal();
  try {
    await schedule(parseOptions(args), env, signal);
    process.exit(0);
  } catch (error) {
    say(failureLine(error));
    process.exit(exitStatus(error));
  }
}
