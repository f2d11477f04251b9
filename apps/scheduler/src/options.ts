import { parseArgs } from 'node:util';
import { DomainError } from '#libs/kernel';

export interface SchedulerOptions {
  /** A path as the user wrote it. */
  readonly publishedDays: string | undefined;
}

const USAGE = 'npm run -s start:scheduler -- [--published-days FILE]';

/** Throws USAGE_INVALID. */
export function parseOptions(args: readonly string[]): SchedulerOptions {
  try {
    const { values } = parseArgs({ args: [...args], options: { 'published-days': { type: 'string' } } });
    return { publishedDays: values['published-days'] };
  } catch (error) {
    throw new DomainError('USAGE_INVALID', `${(error as Error).message.split('\n')[0]} (${USAGE})`);
  }
}
