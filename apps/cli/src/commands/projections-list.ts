import { DomainError } from '#libs/kernel';
import { measureLag, type Lag } from '#libs/projection-engine';
import { buildText, collectionName, type Build, type ControlRequest, type ModelEntry } from '#libs/read-store';
import type { Runtime } from '#libs/runtime';
import { projections } from '#projections';
import { tableLines, type Column } from '../io/table.js';
import { timeLeft } from '../read-models.js';
import type { CommandRun, Session } from '../session.js';

interface BuildRow {
  readonly build: string;
  readonly state: Build['state'];
  /** Decimal string; '-1' before anything was folded. */
  readonly position: string;
  readonly parked: number;
  readonly at: string;
  readonly by: string;
  readonly reason: string | null;
}

interface ModelRow {
  readonly name: string;
  /** Of the code of this program. */
  readonly version: number;
  readonly live: string;
  readonly previous: string | null;
  readonly behindEvents: number;
  readonly behindMs: number;
  readonly state: Lag['state'];
  readonly builds: readonly BuildRow[];
  /** Work under way or asked for. */
  readonly requests: readonly Pick<ControlRequest, 'action' | 'state' | 'progress'>[];
}

/** `estate projections list` and `status [NAME]`: which builds there are, which of them answers, how far each is. */
export const run: CommandRun<object> = (session, [name]) =>
  session.withRuntime(async (runtime) => {
    const models = await describe(runtime, name);
    if (session.json) await session.answer.line(JSON.stringify({ projections: models }));
    else await printTables(session, models);
  });

async function describe({ readStore, eventStore }: Runtime, only: string | undefined): Promise<ModelRow[]> {
  const chosen = projections.filter(({ name }) => only === undefined || name === only);
  if (chosen.length === 0) {
    const names = projections.map(({ name }) => name).join(', ');
    throw new DomainError('READ_MODEL_NOT_FOUND', `there is no read model '${only}': it is one of ${names}`);
  }
  const entries = await readStore.registry.findAll(chosen.map(({ name }) => name));
  const lag = await measureLag({ source: eventStore, store: readStore, projections: chosen });
  const open = await readStore.requests.listOpen();
  const rows: ModelRow[] = [];
  for (const [index, { name, version, ...rest }] of chosen.entries()) {
    const live = await readStore.liveBuild({ name, version, ...rest });
    const entry = entries.get(name) ?? unregistered(name, live);
    const { events, ms, state } = lag[index]!;
    rows.push({
      ...{ name, version, live: buildText(entry.live), previous: entry.previous && buildText(entry.previous) },
      ...{ behindEvents: events, behindMs: ms, state },
      builds: await buildRows(entry, readStore),
      requests: open
        .filter(({ args }) => args['name'] === name)
        .map(({ action, state: now, progress }) => ({ action, state: now, progress })),
    });
  }
  return rows;
}

function unregistered(
  name: string,
  live: ModelEntry['live'],
): Pick<ModelEntry, '_id' | 'live' | 'previous' | 'builds'> {
  const build: Build = { ...live, state: 'live', at: '', by: '', reason: null };
  return { _id: name, live, previous: null, builds: [build] };
}

async function buildRows(
  { _id, builds }: Pick<ModelEntry, '_id' | 'builds'>,
  store: Runtime['readStore'],
): Promise<BuildRow[]> {
  const rows: BuildRow[] = [];
  for (const { version, set, state, at, by, reason } of builds) {
    const collection = collectionName({ name: _id, version }, set);
    const position = (await store.findCheckpoint(collection))?.position ?? -1n;
    const parked = await store.parked.countSequences(collection);
    rows.push({ build: buildText({ version, set }), state, position: position.toString(), parked, at, by, reason });
  }
  return rows;
}

async function printTables({ answer }: Session, models: readonly ModelRow[]): Promise<void> {
  const rows = models.flatMap((model) => model.builds.map((build) => ({ model, build })));
  type Row = (typeof rows)[number];
  const columns: Column<Row>[] = [
    { title: 'read model', value: ({ model }) => model.name },
    { title: 'build', value: ({ build }) => build.build },
    { title: 'state', value: ({ build }) => build.state },
    { title: 'position', value: ({ build }) => build.position, alignRight: true },
    { title: 'behind', value: ({ model, build }) => behindOf(model, build), alignRight: true },
    { title: 'parked', value: ({ build }) => (build.parked === 0 ? '' : String(build.parked)), alignRight: true },
    { title: 'since', value: ({ build }) => build.at.slice(0, 19) },
    { title: 'by', value: ({ build }) => build.by },
  ];
  for (const line of tableLines(columns, rows)) await answer.line(line);
  for (const { name, version, builds, requests } of models) {
    if (!builds.some(({ build }) => build.split('.')[0] === String(version)))
      await answer.line(`${name}: version ${version} is deployed and not built: estate projections rebuild ${name}`);
    for (const request of requests) await answer.line(`${name}: ${lineOf(request)}`);
  }
}

function behindOf({ behindEvents, state }: ModelRow, build: BuildRow): string {
  if (build.state !== 'live') return '';
  return behindEvents === 0 ? '0' : `${behindEvents} (${state})`;
}

function lineOf({ action, state, progress }: ModelRow['requests'][number]): string {
  if (!progress) return `${action} ${state}`;
  const { events, eventsPerSecond, share, secondsLeft } = progress;
  const percent = Math.floor(Number(share) * 100);
  return `${action} ${percent} %, ${events} events, ${Math.round(Number(eventsPerSecond))}/s, ${timeLeft(secondsLeft ?? null)}`;
}
