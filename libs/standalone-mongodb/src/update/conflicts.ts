import { fail } from '../errors.js';

/** Refuses paths of one statement of which one is another, or within it. */
export function checkConflicts(leaves: readonly { readonly parts: readonly string[]; readonly path: string }[]): void {
  const seen = new Map<string, string>();
  const arrays = new Map<string, boolean>();
  for (const { parts, path } of leaves) {
    const full = parts.join('.');
    for (let i = 1; i < parts.length; i += 1) {
      // What is below a path is all its elements, or members by name or position.
      const above = parts.slice(0, i).join('.');
      const isArray = (parts[i] as string).startsWith('$[');
      if ((arrays.get(above) ?? isArray) !== isArray) conflict(path, above);
      arrays.set(above, isArray);
    }
    for (let i = 1; i <= parts.length; i += 1) {
      const prefix = parts.slice(0, i).join('.');
      if (seen.get(prefix) === prefix) conflict(path, prefix);
    }
    if (seen.has(full)) conflict(path, full);
    for (let i = 1; i < parts.length; i += 1) seen.set(parts.slice(0, i).join('.'), full);
    seen.set(full, full);
  }
}

function conflict(path: string, at: string): never {
  return fail('ConflictingUpdateOperators', `Updating the path '${path}' would create a conflict at '${at}'`);
}

/** The paths that `$`, `$[]` and `$[id]` stood for in one document: none may be changed twice, nor one within another. */
export class Touched {
  readonly #ends = new Set<string>();
  readonly #above = new Set<string>();

  add(parts: readonly string[]): void {
    const path = parts.join('.');
    if (this.#ends.has(path) || this.#above.has(path)) twice(path);
    for (let i = 1; i < parts.length; i += 1) {
      const above = parts.slice(0, i).join('.');
      if (this.#ends.has(above)) twice(above);
      this.#above.add(above);
    }
    this.#ends.add(path);
  }
}

function twice(path: string): never {
  return fail('ConflictingUpdateOperators', `Update created a conflict at '${path}'`);
}
