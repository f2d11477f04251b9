import { canonicalJson, DomainError, sha256Hex, type Json } from '#libs/kernel';

/**
 * A place in a list, with the position at which the list was first looked at: pages that follow show the list as it was then, whatever is
 * added meanwhile. It belongs to one list, with its filters.
 */
export interface Cursor {
  readonly position: bigint;
  /** The build of the read model that the list comes from. */
  readonly build: string;
  readonly place: readonly (string | null)[];
}

/** @param list what makes the list: operation, community and filters */
export function encodeCursor(list: Json, { position, build, place }: Cursor): string {
  return Buffer.from(JSON.stringify([markOf(list), position.toString(), build, ...place])).toString('base64url');
}

/** @throws DomainError CURSOR_INVALID */
export function decodeCursor(list: Json, text: string, fields: number): Cursor {
  const [mark, position, build, ...place] = parse(text);
  const isPlace = place.length === fields && place.every((part) => part === null || typeof part === 'string');
  if (mark !== markOf(list) || typeof position !== 'string' || !/^(-1|\d{1,18})$/.test(position) || !isPlace)
    throw cursorInvalid();
  if (typeof build !== 'string') throw cursorInvalid();
  return { position: BigInt(position), build, place: place as (string | null)[] };
}

/** A whole number of a place: a position has at most 18 digits, and a bigint beyond int64 is no number for a read model. @throws DomainError CURSOR_INVALID */
export function wholeOf(part: string | null | undefined, digits = 18): bigint {
  if (typeof part !== 'string' || part.length > digits + 1 || !/^-?\d+$/.test(part)) throw cursorInvalid();
  return BigInt(part);
}

function parse(text: string): unknown[] {
  try {
    const value: unknown = JSON.parse(Buffer.from(text, 'base64url').toString());
    if (Array.isArray(value)) return value;
  } catch {
    // Told below.
  }
  throw cursorInvalid();
}

function markOf(list: Json): string {
  return sha256Hex(canonicalJson(list)).slice(0, 16);
}

export function cursorInvalid(): DomainError {
  return new DomainError('CURSOR_INVALID', 'The cursor does not belong to this list');
}
