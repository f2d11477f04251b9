/** Documents and writes per command. */
export const BATCH = 1000;

/** What a read model's document is like: some 300 bytes. */
export function documentOf(n, position = 1n) {
  return {
    _id: `yinghu/B${n % 40}/${String(n).padStart(7, '0')}`,
    position,
    communityId: 'yinghu',
    accountId: `B${n % 40}/${n % 1000}`,
    dueOn: `2026-${String(1 + (n % 12)).padStart(2, '0')}-05`,
    amountMinor: BigInt(n * 37) * 1_000_003n,
    openedAt: new Date(1_700_000_000_000 + n * 1000),
    lines: [{ kind: 'fee', minor: 25_040n }],
    note: 'x'.repeat(80),
  };
}

/** What the projection engine writes: replaced when the stored position is lower, else left alone. */
export const guardedReplaces = (docs) =>
  docs.map((doc) => ({
    replaceOne: { filter: { _id: doc._id, position: { $lt: doc.position } }, replacement: doc, upsert: true },
  }));
