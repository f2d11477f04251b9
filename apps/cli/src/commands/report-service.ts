import { DomainError, parseAsOfInstant, parseLocalDate, systemClock } from '#libs/kernel';
import { meetsResolutionTarget, MILESTONES, type ServiceFigures } from '#libs/service-desk';
import {
  ServiceQualityReader,
  serviceQualityProjection,
  type ServiceDimension,
  type ServiceQuery,
  type ServiceSlice,
} from '#projections';
import { findCommunity } from '../books.js';
import { onCut, staleLine } from '../catch-up.js';
import { tableLines, type Column } from '../io/table.js';
import type { CommandRun, Session } from '../session.js';

export interface ServiceOptions {
  readonly community: string;
  readonly from: string;
  readonly to: string;
  readonly asOf?: string;
  readonly by?: string;
  readonly at?: string;
}

const DIMENSIONS: readonly ServiceDimension[] = ['team', 'agent', 'kind', 'severity', 'month'];

/** `estate report service`: the cases opened in a period, as they stand at an instant (domain.md §3, D5). */
export const run: CommandRun<ServiceOptions> = async (session, _args, options) => {
  const [from, to] = [parseLocalDate(options.from), parseLocalDate(options.to)];
  if (from > to) throw new DomainError('PERIOD_INVALID', `the period ends before it begins: ${from} to ${to}`);
  const dimension = options.by === undefined ? undefined : parseDimension(options.by);
  const { query, figures, slices, staleSince } = await session.withRuntime(async (runtime) => {
    const { communityId, timeZone } = await findCommunity(runtime.eventStore, options.community);
    const asOf = options.asOf === undefined ? systemClock.now() : parseAsOfInstant(options.asOf, timeZone);
    return onCut(session, runtime, options.at, async ({ position, stale }) => {
      const query: ServiceQuery = { communityId, from, to, asOf, timeZone, position };
      const reader = new ServiceQualityReader(runtime.readStore);
      const slices = dimension && (await reader.listFiguresBy(query, dimension));
      const staleSince = await stale([serviceQualityProjection], { communityId });
      return { query, figures: await reader.findFigures(query), slices, staleSince };
    });
  });
  if (session.json) {
    const by = slices && {
      by: dimension,
      slices: slices.map(({ value, figures: part }) => ({ value, ...inJson(part) })),
    };
    return session.answer.line(JSON.stringify({ ...inJson(figures), ...by, ...staleSince }));
  }
  await printTable(session, query, figures, slices ?? []);
  for (const line of staleLine(staleSince)) await session.answer.line(line);
};

function parseDimension(text: string): ServiceDimension {
  const dimension = DIMENSIONS.find((name) => name === text);
  if (!dimension) throw new DomainError('DIMENSION_INVALID', `--by is one of ${DIMENSIONS.join(', ')}`);
  return dimension;
}

/** The contract's fields: cases that ended unhandled are what `opened` has beyond the other three states. */
function inJson({ rejected: _rejected, withdrawn: _withdrawn, duplicate: _duplicate, ...figures }: ServiceFigures) {
  return figures;
}

async function printTable(
  { answer }: Session,
  query: ServiceQuery,
  figures: ServiceFigures,
  slices: readonly ServiceSlice[],
): Promise<void> {
  const { communityId, from, to, asOf, position } = query;
  await answer.line(`Cases of ${communityId} opened from ${from} to ${to}, as of ${asOf} (position ${position})`);
  const rows = [{ value: 'all', figures }, ...slices];
  const columns: Column<ServiceSlice>[] = [
    { title: '', value: ({ value }) => value ?? '(none)' },
    ...(['opened', 'open', 'resolved', 'closed', 'rejected', 'withdrawn', 'duplicate', 'reopened'] as const).map(
      (name) => ({ title: name, value: (row: ServiceSlice) => String(row.figures[name]), alignRight: true }),
    ),
    { title: 'resolution', value: (row) => rateOf(row.figures), alignRight: true },
  ];
  for (const line of tableLines(columns, rows)) await answer.line(line);
  await answer.line();
  const clocks = MILESTONES.map((milestone) => ({ milestone, ...figures[milestone] }));
  const clockColumns: Column<(typeof clocks)[number]>[] = [
    { title: 'milestone', value: (row) => row.milestone },
    ...(['met', 'breached', 'running', 'p50Hours', 'p90Hours', 'p95Hours'] as const).map((name) => ({
      title: name,
      value: (row: (typeof clocks)[number]) => (row[name] === null ? '-' : String(row[name])),
      alignRight: true,
    })),
  ];
  for (const line of tableLines(clockColumns, clocks)) await answer.line(line);
}

/** With the test of R3.2, in integers. */
function rateOf({ resolutionRate }: ServiceFigures): string {
  const met = meetsResolutionTarget(resolutionRate);
  const { numerator, denominator } = resolutionRate;
  return met === undefined ? '-' : `${numerator}/${denominator} ${met ? '>= 95 %' : '< 95 %'}`;
}
