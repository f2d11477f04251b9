import { systemClock } from '#libs/kernel';
import type { ApiOptions } from './api-options.js';

/** Lines of a moment go out together: a write for each would cost as much as a fifth of a small request. */
const GATHERED_MS = 20;

/**
 * The log as lines of JSON, each with its time. What went wrong goes out at once, the rest a moment later, and at the end of the process.
 * @param write takes whole lines; at the end of the process it must not put them off
 */
export function lineLog(write: (lines: string) => void): ApiOptions['log'] {
  let lines = '';
  let timer: NodeJS.Timeout | undefined;
  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    const ready = lines;
    lines = '';
    if (ready !== '') write(ready);
  };
  process.once('exit', flush);
  return (entry) => {
    lines += `${JSON.stringify({ time: systemClock.now(), ...entry })}\n`;
    if (entry['level'] === 'error') flush();
    else timer ??= setTimeout(flush, GATHERED_MS).unref();
  };
}
