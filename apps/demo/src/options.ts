import { parseArgs } from 'node:util';
import { DomainError } from '#libs/kernel';
import { COURSES } from './year/case-acts.js';
import { HABITS } from './year/households.js';
import type { YearOptions } from './year/plan-year.js';

export interface DemoOptions extends YearOptions {
  /** End after the reports instead of serving. */
  readonly exit: boolean;
  /** A folder to keep, as the user wrote its path; without it a temporary one. */
  readonly dataDir: string | undefined;
}

const USAGE = 'npm run demo -- [--exit] [--units N] [--seed N] [--data DIR]';
const DEFAULT_UNITS = 300;
const LEAST_UNITS = Math.max(HABITS.length, COURSES.length);
const MOST_UNITS = 5_000;

/** @throws DomainError USAGE_INVALID */
export function parseOptions(args: readonly string[]): DemoOptions {
  const { values } = parsed(args);
  return {
    exit: values.exit === true,
    dataDir: values.data,
    units: wholeNumber('--units', values.units, { otherwise: DEFAULT_UNITS, least: LEAST_UNITS, most: MOST_UNITS }),
    seed: wholeNumber('--seed', values.seed, { otherwise: 1, least: 0, most: 999_999_999 }),
  };
}

function parsed(args: readonly string[]) {
  const text = { type: 'string' } as const;
  try {
    return parseArgs({ args: [...args], options: { exit: { type: 'boolean' }, units: text, seed: text, data: text } });
  } catch (error) {
    throw new DomainError('USAGE_INVALID', `${(error as Error).message.split('\n')[0]} (${USAGE})`);
  }
}

function wholeNumber(
  name: string,
  text: string | undefined,
  { otherwise, least, most }: { otherwise: number; least: number; most: number },
): number {
  if (text === undefined) return otherwise;
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw new DomainError('USAGE_INVALID', `${name} is a whole number from ${least} to ${most} (${USAGE})`);
}
