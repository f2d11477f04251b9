type Shards = Readonly<Record<string, Readonly<Record<string, bigint>>>>;

/**
 * Amounts by id, those of 0 left out, those below 0 apart: they are found without a look at the others. In shards: the next state shares all
 * shards but one with the last, so that an account with very many open fees is not copied for each event.
 */
export interface Amounts {
  readonly above: Shards;
  readonly below: Shards;
}

export const NO_AMOUNTS: Amounts = { above: {}, below: {} };

/** Ids count up within an account: a shard holds a hundred that follow each other. */
const DIGITS_IN_SHARD = 2;

export function addAmount({ above, below }: Amounts, id: string, minor: bigint): Amounts {
  const name = `s${id.slice(0, -DIGITS_IN_SHARD)}`;
  const after = (above[name]?.[id] ?? below[name]?.[id] ?? 0n) + minor;
  return {
    above: withAmount(above, name, { id, minor: after > 0n ? after : 0n }),
    below: withAmount(below, name, { id, minor: after < 0n ? after : 0n }),
  };
}

/** Those below 0. */
export function amountsBelow({ below }: Amounts): [id: string, minor: bigint][] {
  return isEmpty(below) ? [] : Object.values(below).flatMap((shard) => Object.entries(shard));
}

function withAmount(
  shards: Shards,
  name: string,
  { id, minor }: { readonly id: string; readonly minor: bigint },
): Shards {
  const present = shards[name];
  if ((present?.[id] ?? 0n) === minor) return shards;
  const shard = without(present ?? {}, id);
  if (minor !== 0n) shard[id] = minor;
  return isEmpty(shard) ? without(shards, name) : { ...shards, [name]: shard };
}

/** A copy without one of the entries. (`{ [name]: _, ...rest }` says the same, and is many times slower.) */
function without<Value>(entries: Readonly<Record<string, Value>>, name: string): Record<string, Value> {
  const others: Record<string, Value> = {};
  for (const key in entries) if (key !== name) others[key] = entries[key]!;
  return others;
}

function isEmpty(entries: object): boolean {
  for (const _key in entries) return false;
  return true;
}
