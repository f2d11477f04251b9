import { collectionName } from '#libs/read-store';
import { Drain } from '../drain.js';
import type { Target } from '../targets.js';
import type { Workshop } from './parked-sequence.js';

/** Position that a build has reached; -1n before anything was folded. */
export async function positionOf({ projection, set }: Target, { store }: Workshop): Promise<bigint> {
  return (await store.findCheckpoint(collectionName(projection, set)))?.position ?? -1n;
}

/** Brings builds to the position that the furthest of them has reached, while nobody else folds; returns it. */
export async function bringTogether(targets: readonly Target[], shop: Workshop): Promise<bigint> {
  const positions = await Promise.all(targets.map((target) => positionOf(target, shop)));
  const furthest = positions.reduce((a, b) => (a > b ? a : b));
  await new Drain({ ...shop, stores: shop.store, targets }).catchUp(furthest);
  return furthest;
}
