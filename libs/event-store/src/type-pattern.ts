/** Regular expression for the server's filter: the given event types, or everything that is not a system event. */
export function typePatternOf(types: readonly string[] | undefined): string {
  if (types === undefined) return '^[^$]';
  return `^(?:${types.map((type) => type.replace(/[^A-Za-z0-9]/g, '\\$&')).join('|')})$`;
}
