import { spawn } from 'node:child_process';
import { constants } from 'node:os';

/** An error that is the user's to mend: reported in one line, without a stack. */
export class ExpectedError extends Error {
  expected = true;
}

/** Runs a command to its end, its output on our stderr. A signal that reaches us ends the command first, then us. */
export function runChild(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { ...options, stdio: ['ignore', 2, 2] });
    let signalled;
    const forward = (signal) => {
      signalled = signal;
      child.kill(signal);
    };
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
    for (const signal of signals) process.on(signal, forward);
    const done = () => signals.forEach((signal) => process.off(signal, forward));
    child.once('error', (error) => {
      done();
      reject(new ExpectedError(`could not start ${command}: ${error.message}`));
    });
    child.once('exit', (code, signal) => {
      done();
      if (signalled) process.exit(128 + constants.signals[signalled]);
      else if (code === 0) resolve();
      else reject(new ExpectedError(`'${[command, ...args].join(' ')}' ended with ${signal ?? code}`));
    });
  });
}
