import { readFileSync } from 'node:fs';

/** Pages of files that this process may have mapped, beside what it had at the start. */
const LIMIT_BYTES = 48 * 1024 * 1024;
/** So much is read before it is worth a look. */
const LOOK_BYTES = 8 * 1024 * 1024;

/**
 * Watches how much of the data file is mapped. lmdb maps it, and what has been read counts as the process's memory until the
 * system needs it elsewhere: after all of a large file was read, all of it. Opening the file anew lets go of it.
 */
export class MappingWatch {
  private readBytes = 0;
  /** The least that was mapped without the data file: the program itself, and other servers in the process. */
  private floor: number;

  constructor(private readonly mapped: () => number | undefined = mappedBytes) {
    this.floor = mapped() ?? 0;
  }

  /** Notes that up to so much of the file may have been touched; true when it is time to open it anew. */
  touch(bytes: number): boolean {
    this.readBytes += bytes;
    if (this.readBytes < LOOK_BYTES) return false;
    const mapped = this.mapped();
    // Where the system doesn't tell, what has been read is an upper bound.
    if (mapped === undefined) return this.readBytes > LIMIT_BYTES;
    if (mapped - this.floor > LIMIT_BYTES) return true;
    this.readBytes = 0;
    return false;
  }

  /** To be called when the file has been opened anew. */
  reset(): void {
    this.readBytes = 0;
    this.floor = Math.min(this.floor, this.mapped() ?? 0);
  }
}

/** Bytes of files that are mapped into this process's memory and resident; undefined where the system doesn't tell. */
function mappedBytes(): number | undefined {
  let text: string;
  try {
    text = readFileSync('/proc/self/status', 'latin1');
  } catch {
    return undefined;
  }
  const kiB = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? 0);
  return (kiB('RssFile') + kiB('RssShmem')) * 1024;
}
