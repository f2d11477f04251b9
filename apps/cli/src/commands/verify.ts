import { verifyChain, type ChainReport } from '#libs/event-store';
import { verifyProjections, type VerifiedProjection } from '#libs/projection-engine';
import type { Runtime } from '#libs/runtime';
import { checkIdentities, projections, type IdentityResult } from '#projections';
import { catchUp } from '../catch-up.js';
import { progressBar } from '../io/progress.js';
import { tableLines, type Column } from '../io/table.js';
import type { CommandRun, Session } from '../session.js';

interface Findings {
  readonly position: bigint;
  readonly projections: readonly VerifiedProjection[];
  readonly chains: ChainReport;
  readonly identities: readonly IdentityResult[];
}

const LISTED = 20;

async function verifyChains(session: Session, runtime: Runtime, position: bigint): Promise<ChainReport> {
  const bar = progressBar('hash chains', 'positions');
  const pages = (async function* () {
    for await (const page of runtime.eventStore.readAll({ signal: session.signal })) {
      const due = page.filter((event) => event.position <= position);
      if (due.length === 0) return;
      bar.update(Number(due.at(-1)!.position), Number(position));
      yield due;
    }
  })();
  return verifyChain(pages).finally(() => bar.end());
}

async function rebuildAndCompare(session: Session, runtime: Runtime, position: bigint): Promise<VerifiedProjection[]> {
  const bar = progressBar('rebuild', 'positions');
  return verifyProjections(position, {
    store: runtime.readStore,
    source: runtime.eventStore,
    projections,
    upcast: (event) => runtime.upcasters.dataOf(event),
    signal: session.signal,
    onProgress: (progress) => bar.update(Number(progress.position), Number(progress.to)),
  }).finally(() => bar.end());
}

async function verifyAll(session: Session, runtime: Runtime): Promise<Findings> {
  const position = await catchUp(session, runtime);
  const rebuilt = await rebuildAndCompare(session, runtime, position);
  const chains = await verifyChains(session, runtime, position);
  const identities = await checkIdentities({
    source: runtime.eventStore,
    store: runtime.readStore,
    projections,
    upcast: (event) => runtime.upcasters.dataOf(event),
  });
  return { position, projections: rebuilt, chains, identities };
}

/** What is wrong, a line each; the first ones of each kind. */
function faultsOf({ projections: rebuilt, chains, identities }: Findings): string[] {
  const differences = rebuilt.flatMap(({ name, differences: found }) =>
    found
      .slice(0, LISTED)
      .map(({ id, field, live, rebuilt: again }) => `${name}: ${id}: ${field} is ${live}, rebuilt ${again}`),
  );
  const broken = chains.broken
    .slice(0, LISTED)
    .map(({ stream, revision, code, message }) => `${stream}@${revision}: ${code}: ${message}`);
  const failing = identities
    .filter(({ holds }) => !holds)
    .map(({ name, detail }) => `${name}: ${detail ?? 'does not hold'}`);
  return [...differences, ...broken, ...failing];
}

/** `estate verify`: read models against a rebuild, chains against the store, the identities of domain.md §4. Status 1 if anything differs. */
export const run: CommandRun<object> = (session) =>
  session.withRuntime(async (runtime) => {
    const findings = await verifyAll(session, runtime);
    const faults = faultsOf(findings);
    const holds = isSound(findings);
    if (session.json) await session.answer.line(JSON.stringify(jsonOf(findings, faults)));
    else await addTables(session, findings, faults, holds);
    return holds ? 0 : 1;
  });

function isSound({ projections: rebuilt, chains, identities }: Findings): boolean {
  return (
    rebuilt.every(({ differenceCount }) => differenceCount === 0) &&
    chains.broken.length === 0 &&
    identities.every(({ holds }) => holds)
  );
}

function jsonOf({ position, projections: rebuilt, chains, identities }: Findings, faults: readonly string[]): object {
  return {
    projections: rebuilt.map(({ name, events, documents, differenceCount }) => ({
      name,
      events,
      documents,
      differences: differenceCount,
    })),
    chains: { streams: chains.streams, events: chains.events, broken: chains.broken.length },
    identities: identities.map(({ name, holds }) => ({ name, holds })),
    position: position.toString(),
    faults,
  };
}

const COLUMNS: Column<VerifiedProjection>[] = [
  { title: 'read model', value: ({ name }) => name },
  { title: 'events', value: ({ events }) => events.toLocaleString('en'), alignRight: true },
  { title: 'documents', value: ({ documents }) => documents.toLocaleString('en'), alignRight: true },
  { title: 'differences', value: ({ differenceCount }) => differenceCount.toLocaleString('en'), alignRight: true },
];

async function addTables(
  { answer }: Session,
  findings: Findings,
  faults: readonly string[],
  holds: boolean,
): Promise<void> {
  const { chains, identities, position } = findings;
  for (const line of tableLines(COLUMNS, findings.projections)) await answer.line(line);
  await answer.line();
  await answer.line(
    `hash chains: ${chains.streams.toLocaleString('en')} streams, ${chains.events.toLocaleString('en')} events, ${chains.broken.length} broken`,
  );
  for (const identity of identities) await answer.line(`${identity.holds ? 'holds' : 'FAILS'}: ${identity.name}`);
  await answer.line();
  for (const fault of faults) await answer.line(fault);
  await answer.line(`${holds ? 'verified' : 'NOT VERIFIED'} up to position ${position}`);
}
