import type { ParkedEntry } from '#libs/read-store';
import type { Difference } from '../compare.js';
import type { Workshop } from './parked-sequence.js';

/** A sequence that stands still; positions as decimal strings. */
export interface StandingStill {
  readonly id: string;
  readonly collection: string;
  readonly scope: ParkedEntry['scope'];
  readonly key: string;
  readonly since: string;
  readonly cause: string | null;
}

const LISTED = 1_000;

/** The first of a collection's sequences that stand still. */
export async function parkedOf(collection: string, { store }: Pick<Workshop, 'store'>): Promise<StandingStill[]> {
  const found: StandingStill[] = [];
  for await (const entry of store.parked.listHeads(collection)) {
    if (found.length >= LISTED) break;
    found.push(standingStill(entry));
  }
  return found;
}

export function standingStill({ _id, collection, scope, key, position, cause }: ParkedEntry): StandingStill {
  return { id: _id, collection, scope, key, since: position.toString(), cause };
}

/** What stands still on either side as differences: two documents that wait for the same event are not proven equal. */
export function parkedDifferences(live: readonly StandingStill[], rebuilt: readonly StandingStill[]): Difference[] {
  const nameOf = ({ scope, key }: StandingStill): string => `${scope} ${key}`;
  const [a, b] = [live, rebuilt].map((side) => new Map(side.map((one) => [nameOf(one), one])));
  const shown = (one: StandingStill | undefined): string | null => (one ? `since ${one.since}: ${one.cause}` : null);
  return [...new Set([...a!.keys(), ...b!.keys()])].sort().map((name) => {
    const [ours, theirs] = [a!.get(name), b!.get(name)];
    return { id: (ours ?? theirs)!.key, field: 'parked', live: shown(ours), rebuilt: shown(theirs) };
  });
}
