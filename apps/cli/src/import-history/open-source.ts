import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { DomainError } from '#libs/kernel';
import { SpillFile } from './spill-file.js';

/** A file to be imported. */
export interface Source {
  readonly file: FileHandle;
  readonly bytes: number | undefined;
  close(): Promise<void>;
}

/**
 * Opens what the user named. A pipe is copied first: after a quote that is never closed the scan goes back.
 * @throws DomainError FILE_NOT_FOUND, FILE_INVALID
 */
export async function openSource(path: string, signal: AbortSignal | undefined): Promise<Source> {
  let file: FileHandle;
  try {
    file = await open(path, 'r');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') throw new DomainError('FILE_NOT_FOUND', `there is no file ${path}`);
    throw new DomainError('FILE_INVALID', `cannot read ${path}: ${code}`);
  }
  const stats = await file.stat();
  if (stats.isFile()) return { file, bytes: stats.size, close: () => file.close() };
  if (stats.isDirectory()) {
    await file.close();
    throw new DomainError('FILE_INVALID', `${path} is a folder`);
  }
  return { ...(await copyOf(file, signal)), bytes: undefined };
}

async function copyOf(pipe: FileHandle, signal: AbortSignal | undefined): Promise<Omit<Source, 'bytes'>> {
  const copy = await SpillFile.create();
  try {
    for await (const chunk of pipe.createReadStream()) {
      signal?.throwIfAborted();
      await copy.append(chunk as Buffer);
    }
  } catch (error) {
    await copy.close();
    throw error;
  }
  return { file: copy.handle, close: () => copy.close() };
}
