import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

function isRoot(folder: string): boolean {
  const manifest = join(folder, 'package.json');
  return (
    existsSync(manifest) && (JSON.parse(readFileSync(manifest, 'utf8')) as { name?: string }).name === 'estate-ledger'
  );
}

function findRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!isRoot(folder)) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error('the folder of estate-ledger was not found above this file');
    folder = parent;
  }
  return folder;
}

let root: string | undefined;

/** The project's folder, the same from the sources (tests) as from dist. */
export function projectRoot(): string {
  root ??= findRoot();
  return root;
}
