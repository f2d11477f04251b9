import { mkdtemp, open, rm } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * A scratch file in the OS temp folder. Where the system allows it the name is removed at once,
 * so that not even a kill leaves anything behind; elsewhere `close` removes it.
 */
export class SpillFile {
  #size = 0;

  private constructor(
    private readonly file: FileHandle,
    private readonly folder: string,
    private removed: boolean,
  ) {}

  static async create(parent: string = tmpdir()): Promise<SpillFile> {
    const folder = await mkdtemp(join(parent, 'estate-import-'));
    try {
      const file = await open(join(folder, 'spill'), 'wx+', 0o600);
      return new SpillFile(file, folder, await remove(folder));
    } catch (error) {
      await remove(folder);
      throw error;
    }
  }

  /** Appends bytes and tells where they start. */
  async append(bytes: Buffer): Promise<number> {
    const start = this.#size;
    for (let done = 0; done < bytes.length;) {
      done += (await this.file.write(bytes, done, bytes.length - done, start + done)).bytesWritten;
    }
    this.#size += bytes.length;
    return start;
  }

  async read(position: number, length: number): Promise<Buffer> {
    const buffer = Buffer.allocUnsafe(length);
    const { bytesRead } = await this.file.read(buffer, 0, length, position);
    return buffer.subarray(0, bytesRead);
  }

  /** For readers that want a handle: the file's bytes from its start. */
  get handle(): FileHandle {
    return this.file;
  }

  async close(): Promise<void> {
    await this.file.close();
    if (!this.removed) this.removed = await remove(this.folder);
  }
}

async function remove(folder: string): Promise<boolean> {
  try {
    await rm(folder, { recursive: true, force: true });
    return true;
  } catch {
    return false;
  }
}
