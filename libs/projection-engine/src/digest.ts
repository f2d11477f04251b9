import { sha256Hex } from '#libs/kernel';

/** Fields that depend on the log and not on what was recorded: left out where two logs of the same facts are compared (architecture §4). */
export const LOG_FIELDS: ReadonlySet<string> = new Set(['position', 'recordedAt']);

/**
 * SHA-256 of a document's content as text with sorted fields, in lower-case hex. Types count: the bigint 1 and the number 1 differ.
 * `ignore` names fields at the top level.
 */
export function documentDigest(document: object, ignore: ReadonlySet<string> = new Set()): string {
  const kept = Object.entries(document).filter(([field]) => !ignore.has(field));
  return sha256Hex(canonicalText(Object.fromEntries(kept)));
}

/** A value as text: the same exactly when type and content are. */
export function canonicalText(value: unknown): string {
  if (typeof value === 'bigint') return `${value}n`;
  if (Array.isArray(value)) return `[${value.map(canonicalText).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'undefined';
  const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${fields.map(([field, content]) => `${JSON.stringify(field)}:${canonicalText(content)}`).join(',')}}`;
}

/** Whether type and content are the same, whatever the order of fields; what `canonicalText` would say, at a tenth of the cost. */
export function isSame(a: unknown, b: unknown): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return Object.is(a, b);
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const fields = Object.keys(a);
  if (fields.length !== Object.keys(b).length) return false;
  const [left, right] = [a as Record<string, unknown>, b as Record<string, unknown>];
  return fields.every((field) => Object.hasOwn(right, field) && isSame(left[field], right[field]));
}

/** A deep copy of plain values, such as documents and events are made of. */
export function copyOf<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(copyOf) as Value;
  const copy: Record<string, unknown> = {};
  for (const field of Object.keys(value)) copy[field] = copyOf((value as Record<string, unknown>)[field]);
  return copy as Value;
}
