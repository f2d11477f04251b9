import { restoreDataFolder } from '#libs/runtime';
import { catchUp } from '../catch-up.js';
import type { CommandRun } from '../session.js';

/** `estate restore DIR`: fills a new data folder from a backup, and rebuilds the read models. */
export const run: CommandRun<object> = async (session, [dir]) => {
  const { env, dataDir, signal } = session;
  const source = session.path(dir!);
  let position = 0n;
  const folder = await restoreDataFolder(
    source,
    { env, dataDir, signal, say: (line) => session.say(line) },
    async (runtime) => {
      position = await catchUp(session, runtime);
    },
  );
  const told = { restored: folder, from: source, position: position.toString() };
  await session.answer.line(
    session.json
      ? JSON.stringify(told)
      : `${folder} restored from ${source}, read models rebuilt up to position ${position}`,
  );
};
