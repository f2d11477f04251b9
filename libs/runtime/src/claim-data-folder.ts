import { setTimeout as sleep } from 'node:timers/promises';
import { DomainError } from '#libs/kernel';
import { findOwner, withdrawAddress, type OwnerAddress } from './address-file.js';
import { ensureFolder, type DataFolder } from './data-folder.js';
import { tryOwn, type Ownership } from './ownership.js';

const POLL_MS = 50;
/** A shorter wait is not worth a word: an owner that is just starting or closing. */
const SILENT_MS = 300;

export type Claim =
  { readonly kind: 'owned'; readonly ownership: Ownership } | { readonly kind: 'joined'; readonly owner: OwnerAddress };

export interface ClaimOptions {
  /** Only ownership will do: a server does not join another one, it refuses with DATA_FOLDER_IN_USE. */
  readonly mustOwn: boolean;
  readonly say: (line: string) => void;
  readonly signal: AbortSignal | undefined;
}

/**
 * Owns the folder, or joins the owner that serves it; waits, and says so, while another command owns it without serving.
 * The folder is created if need be. Throws DATA_FOLDER_IN_USE, DATA_FOLDER_INVALID, or the signal's reason.
 */
export async function claimDataFolder(folder: DataFolder, options: ClaimOptions): Promise<Claim> {
  ensureFolder(folder.root);
  const startedAt = performance.now();
  let said = false;
  for (;;) {
    options.signal?.throwIfAborted();
    const ownership = await tryOwn(folder.root);
    if (ownership) {
      withdrawAddress(folder);
      return { kind: 'owned', ownership };
    }
    const owner = await findOwner(folder);
    if (owner && options.mustOwn) {
      throw new DomainError(
        'DATA_FOLDER_IN_USE',
        `process ${owner.pid} already serves ${folder.root} (${owner.eventstore})`,
      );
    }
    if (owner) return { kind: 'joined', owner };
    if (!said && performance.now() - startedAt > SILENT_MS) {
      said = true;
      options.say(`waiting for another estate command that is using ${folder.root} …`);
    }
    await sleep(POLL_MS);
  }
}
