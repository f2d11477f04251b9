/** A server in a process of its own; see server-process.mjs. */
export interface ServerProcess {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  readonly running: boolean;
  readonly exited: Promise<unknown>;
  close(): Promise<void>;
  kill(): Promise<void>;
}

export function startServerProcess(input: object): Promise<ServerProcess>;
export function residentMiB(
  pid: number,
): { readonly all: number; readonly own: number; readonly files: number; readonly peak: number } | undefined;
