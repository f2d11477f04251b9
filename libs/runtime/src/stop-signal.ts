import { constants } from 'node:os';

/** Aborted by the first SIGTERM, SIGINT or SIGHUP, with the signal's name as the reason; a second one ends the process at once. */
export function stopSignal(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    process.on(name, () => {
      if (controller.signal.aborted) process.exit(exitStatusOf(name));
      controller.abort(name);
    });
  }
  return controller.signal;
}

/** The status that a shell reports for a program ended by the signal. */
export function exitStatusOf(signalName: unknown): number {
  const number = (constants.signals as Record<string, number>)[String(signalName)];
  return number === undefined ? 1 : 128 + number;
}
