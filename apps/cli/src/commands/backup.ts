import { systemClock } from '#libs/kernel';
import { backupDataFolder } from '#libs/runtime';
import type { CommandRun } from '../session.js';

/** `estate backup DIR`: events, then vault, of the standalone data folder, also while it is in use. */
export const run: CommandRun<object> = (session, [dir]) =>
  session.withRuntime(async (runtime) => {
    const folder = session.path(dir!);
    const { createdAt, files } = await backupDataFolder(runtime, folder, systemClock);
    if (session.json) return session.answer.line(JSON.stringify({ backup: folder, createdAt, files }));
    await session.answer.line(`backup of ${runtime.folder!.root} written to ${folder}:`);
    for (const { path, bytes } of files) await session.answer.line(`  ${path}  ${bytes.toLocaleString('en')} bytes`);
    await session.answer.line('It holds the keys to personal data: keep it as safe as the data folder itself.');
  });
