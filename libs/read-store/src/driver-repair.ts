import { Connection } from 'mongodb/lib/cmap/connection.js';

/**
 * The driver (7.9.0, pinned) waits for a socket to drain without heeding that it closes: a command that is written in the moment between a reset
 * and its event is never answered, and whoever waits for it stands still. Here it fails as every other command of a broken connection does, and
 * is tried again where that is allowed. Importing this file is enough, for all clients of the process.
 */
const write = Connection.prototype.writeCommand;

Connection.prototype.writeCommand = function (command, options): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (): void => reject(this.error ?? new Error('the connection closed'));
    this.once('close', fail);
    write
      .call(this, command, options)
      .finally(() => this.off('close', fail))
      .then(resolve, reject);
  });
};
