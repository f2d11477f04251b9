/** What an answer of `explain` says: which index serves the query, whether all is looked at or sorted, and how many documents were. */
export function explained(answer: object): {
  readonly index: string | undefined;
  readonly scans: boolean;
  readonly sorts: boolean;
  readonly documentsExamined: number | undefined;
} {
  const text = JSON.stringify(answer, (_key, value: unknown) => (typeof value === 'bigint' ? Number(value) : value));
  const winning = text.slice(text.indexOf('"winningPlan"'));
  const examined = /"totalDocsExamined":(\d+)/.exec(text)?.[1];
  return {
    index: /"indexName":"([^"]+)"/.exec(winning)?.[1],
    scans: winning.includes('"COLLSCAN"'),
    sorts: winning.includes('"SORT"'),
    documentsExamined: examined === undefined ? undefined : Number(examined),
  };
}
