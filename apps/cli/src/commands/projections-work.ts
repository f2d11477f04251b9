import type { ComparedBuilds, Rebuilt, SwitchedFact } from '#libs/projection-engine';
import { tableLines, type Column } from '../io/table.js';
import { carryOut } from '../read-models.js';
import type { CommandRun, Session } from '../session.js';

export interface WorkOptions {
  readonly accept?: string;
  readonly build?: string;
}

type Difference = ComparedBuilds['undeclared']['differences'][number];

const LISTED = 50;

/** `estate projections rebuild NAME`: today's code into a build of its own beside the live one, until it has caught up. */
export const rebuild: CommandRun<WorkOptions> = async (session, [name]) => {
  const result = (await work(session, 'rebuild', { name: name! })) as Rebuilt;
  if (session.json) return session.answer.line(JSON.stringify(result));
  const parked = result.parked === 0 ? '' : `, ${result.parked} sequences stand still`;
  return session.answer.line(
    `${result.name}: build ${result.build} has caught up at position ${result.position} (${result.events} events read)${parked}`,
  );
};

/** `estate projections compare NAME`: status 1 when something differs that is not declared, or stands still. */
export const compare: CommandRun<WorkOptions> = async (session, [name]) => {
  const result = (await work(session, 'compare', { name: name! })) as ComparedBuilds;
  if (session.json) await session.answer.line(JSON.stringify(result));
  else await printComparison(session, result);
  return result.undeclared.count > 0 || result.parked.length > 0 ? 1 : 0;
};

/** `estate projections switch NAME [--accept REASON]` and `rollback NAME`. */
export const switchTo: CommandRun<WorkOptions> = async (session, [name], { accept }) =>
  printSwitched(session, (await work(session, 'switch', { name: name!, accept: accept ?? null })) as SwitchedFact);

export const rollback: CommandRun<WorkOptions> = async (session, [name]) =>
  printSwitched(session, (await work(session, 'rollback', { name: name! })) as SwitchedFact);

/** `estate projections drop NAME [--build B]`: builds that do not answer. */
export const drop: CommandRun<WorkOptions> = async (session, [name], { build }) => {
  const result = (await work(session, 'drop', { name: name!, build: build ?? null })) as { dropped: string[] };
  if (session.json) return session.answer.line(JSON.stringify(result));
  return session.answer.line(`${name}: dropped ${result.dropped.join(', ')}`);
};

function work(session: Session, ...what: [Parameters<typeof carryOut>[2], Parameters<typeof carryOut>[3]]) {
  return session.withRuntime((runtime) => carryOut(session, runtime, ...what));
}

async function printSwitched(session: Session, fact: SwitchedFact): Promise<void> {
  if (session.json) return session.answer.line(JSON.stringify(fact));
  const { name, action, from, to, position, reason } = fact;
  const why = reason === null ? '' : `, accepted: ${reason}`;
  const what = action === 'switch' ? 'answers now' : 'answers again';
  return session.answer.line(`${name}: build ${to} ${what} in place of ${from}, both at position ${position}${why}`);
}

async function printComparison({ answer }: Session, result: ComparedBuilds): Promise<void> {
  const { name, live, candidate, position, documents, declared, undeclared, parked } = result;
  await answer.line(
    `${name}: live build ${live} and build ${candidate} (${documents} documents) at position ${position}`,
  );
  const columns: Column<Difference>[] = [
    { title: 'document', value: ({ id }) => id },
    { title: 'field', value: ({ field }) => field },
    { title: `build ${live}`, value: (row) => row.live ?? '-' },
    { title: `build ${candidate}`, value: ({ rebuilt }) => rebuilt ?? '-' },
  ];
  for (const [title, { count, differences }] of [
    ['not declared', undeclared],
    ['declared by the new version', declared],
  ] as const) {
    await answer.line(`differences ${title}: ${count}`);
    if (count === 0) continue;
    for (const line of tableLines(columns, differences.slice(0, LISTED))) await answer.line(`  ${line}`);
  }
  for (const { id, key, since, cause } of parked)
    await answer.line(`stands still: ${key} since ${since} (${id}): ${cause}`);
  if (undeclared.count === 0 && parked.length === 0) await answer.line('equal but for what is declared');
}
