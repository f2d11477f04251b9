import { statSync } from 'node:fs';
import { join } from 'node:path';
import { DATA_FILE } from './data-file.js';
import { type Files, openEnvironment, openFiles } from './files.js';
import { MappingWatch } from './mapping.js';

/** The files of a data folder, which are now and then opened anew (see {@link MappingWatch}): ask for them at each use. */
export class Storage {
  private readonly watch = new MappingWatch();
  private failure: Error | undefined;
  private due = false;
  /** Called once when the files should be opened anew. */
  onDue: () => void = () => undefined;

  private readonly inode: number;

  private constructor(
    readonly dataDir: string,
    private current: Files,
  ) {
    this.inode = statSync(this.path).ino;
  }

  private get path(): string {
    return join(this.dataDir, DATA_FILE);
  }

  /** Opens the files in a folder, which is created if missing. Throws, in words, when they can't be used. */
  static async open(dataDir: string): Promise<Storage> {
    return new Storage(dataDir, await openFiles(dataDir));
  }

  /** Throws when they could not be opened again. */
  get files(): Files {
    if (this.failure !== undefined) throw this.failure;
    return this.current;
  }

  get reopeningIsDue(): boolean {
    return this.due;
  }

  /** Notes that up to so many bytes of the file have been looked at. */
  touch(bytes: number): void {
    if (this.due || !this.watch.touch(bytes)) return;
    this.due = true;
    this.onDue();
  }

  /**
   * Opens the files anew. To be called as the first thing in a turn of the event loop, with no write under way: closing then
   * takes microtasks only, so that nobody reads in between (every read is done within a turn). `again`: to write once more what
   * was refused; after that they are due to be opened anew as usual.
   */
  async reopen(again = false): Promise<void> {
    this.due = again;
    try {
      // A new, empty file in its place would look as if nothing had ever been written.
      if (statSync(this.path).ino !== this.inode) throw new Error('it was replaced');
      await this.current.root.close();
      this.current = openEnvironment(this.dataDir, again);
    } catch (error) {
      this.failure = new Error(`${this.path} can't be opened any more: ${(error as Error).message}`);
      throw this.failure;
    }
    this.watch.reset();
  }

  async close(): Promise<void> {
    if (this.failure === undefined) await this.current.root.close();
  }
}
