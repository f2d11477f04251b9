import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parsePublishedDays } from '#libs/calendar';
import { CommandRunner, EventStore, Upcasters, type StoredEvent } from '#libs/event-store';
import { commandIdOf, ManualClock, parseStreamName, type Instant } from '#libs/kernel';
import { verifyProjections } from '#libs/projection-engine';
import {
  caseDecider,
  openCase,
  recordCaseLine,
  reportProgress,
  surroundingsOf,
  WorkCalendars,
  type CaseEvent,
  type CaseState,
} from '#libs/service-desk';
import { CaseTimersReader, checkIdentities, projections, ServiceQualityReader } from '#projections';
import { openClocks } from '../../apps/scheduler/src/open-clocks.js';
import { watchClocks } from '../../apps/scheduler/src/watch-clocks.js';
import { uniqueCommunity } from '../support/stores.js';
import { ReadModels } from './projections/read-models.js';

const communityId = uniqueCommunity();
const timeZone = 'Asia/Shanghai';
const around = surroundingsOf(timeZone);
const SCHEDULE_2027 = 'date,day\n2027-01-01,off\n2027-01-02,off\n2027-01-03,off\n2027-01-04,off\n';
const YEAR = { communityId, from: '2026-01-01', to: '2026-12-31', timeZone };

describe('the service clocks, on servers', () => {
  const clock = new ManualClock('2026-03-02T01:00:00.000Z');
  let models: ReadModels;
  let events: EventStore;
  let runner: CommandRunner;
  let calendars = new WorkCalendars();

  const stores = () => ({ eventStore: events, readStore: models.store, upcasters: new Upcasters() });
  const fold = () => models.fold(events).then(() => true);
  /** Started anew: nothing is left of what an earlier program knew. */
  const clocks = () => openClocks(stores(), { calendars: () => calendars, clock, refresh: fold });
  const run = (at: Instant) => {
    clock.set(at);
    return clocks().run({ at, communityId });
  };
  const decide = (caseId: string, decision: (state: CaseState) => readonly CaseEvent[]) => {
    const context = {
      commandId: commandIdOf(communityId, 'test', [caseId, clock.now()]),
      input: null,
      actor: { id: 'ann', role: 'service-agent' },
      communityId,
    };
    return runner.execute(caseDecider('complaint'), caseId, context, decision);
  };
  const open = (caseId: string, openedAt: Instant) => {
    clock.set(openedAt);
    const who = { severity: 'normal', team: null, handler: null, agent: 'ann', activity: null };
    const what = { channel: 'phone', unitId: null, customer: null, text: null } as const;
    const command = { caseId, kind: 'complaint', openedAt, now: openedAt, ...who, ...what } as const;
    return decide(caseId, (state) => openCase(command, state, around));
  };
  const recorded = async (type: string): Promise<StoredEvent[]> => {
    const found: StoredEvent[] = [];
    for await (const page of events.readAll({ types: [type] })) {
      found.push(...page.filter(({ stream }) => parseStreamName(stream)?.communityId === communityId));
    }
    return found;
  };
  const figures = async (asOf: Instant) => new ServiceQualityReader(models.store).findFigures({ ...YEAR, asOf });

  beforeAll(async () => {
    models = await ReadModels.open();
    events = EventStore.connect(models.eventstoreUrl);
    runner = new CommandRunner(events, clock, new Upcasters());
  }, 60_000);

  afterAll(async () => {
    await events?.close();
    await models?.close();
  });

  it('record nothing before a deadline is past', async () => {
    await open('A', '2026-03-02T01:00:00.000Z');
    await open('B', '2026-03-02T02:00:00.000Z');
    expect(await run('2026-03-03T01:00:00.000Z')).toEqual({ breachesRecorded: 0, deadlinesProjected: 0 });
  });

  it('catch up after downtime, in the order of the deadlines, and change no figure', async () => {
    clock.set('2026-03-03T01:30:00.000Z');
    const done = { at: clock.now(), now: clock.now(), agent: 'ann', text: null };
    await decide('B', (state) => reportProgress(done, state, around.rules));
    await fold();
    const instants = ['2026-03-03T01:00:00.001Z', '2026-03-06T00:00:00.000Z', '2026-03-20T00:00:00.000Z'];
    const before = await Promise.all(instants.map(figures));
    expect(await run('2026-03-20T00:00:00.000Z')).toEqual({ breachesRecorded: 7, deadlinesProjected: 0 });
    const breaches = await recorded('MilestoneBreached');
    const places = breaches.map(({ data }) => data as { caseId: string; milestone: string; deadlineAt: string });
    expect(places.map(({ caseId, milestone }) => `${caseId} ${milestone}`)).toEqual([
      ...['A acknowledge', 'A accept', 'B accept', 'A answer', 'B answer'],
      ...['A complete', 'B complete'],
    ]);
    expect(breaches.map(({ metadata }) => metadata.actor.id)).toEqual(Array(7).fill('service-clocks'));
    expect(await Promise.all(instants.map(figures))).toEqual(before);
  });

  it('fire a timer once, however often it is due', async () => {
    expect(await run('2026-03-20T00:00:00.000Z')).toEqual({ breachesRecorded: 0, deadlinesProjected: 0 });
    // Two programs, one of which reads timers that have not been folded further.
    await open('C', '2026-03-23T01:00:00.000Z');
    await fold();
    clock.set('2026-03-24T02:00:00.000Z');
    const stale = openClocks(stores(), { calendars: () => calendars, clock, refresh: () => Promise.resolve(true) });
    expect(await stale.run({ at: clock.now(), communityId })).toEqual({ breachesRecorded: 2, deadlinesProjected: 0 });
    const second = openClocks(stores(), { calendars: () => calendars, clock, refresh: () => Promise.resolve(true) });
    expect(await second.run({ at: clock.now(), communityId })).toEqual({ breachesRecorded: 0, deadlinesProjected: 0 });
    expect(await recorded('MilestoneBreached')).toHaveLength(9);
  });

  it('leave the cases of a log alone: its breaches are derived', async () => {
    const line = { severity: null, agent: 'bob', team: null, customer: null };
    for (const [at, activity] of [
      ['2026-03-02T01:00:00.000Z', 'opened'],
      ['2026-03-09T01:00:00.000Z', 'accepted'],
    ] as const) {
      clock.set(at);
      const imported = { caseId: 'L', at, activity, ...line };
      await decide('L', (state) => recordCaseLine(state, imported, 'complaint', around));
    }
    await run('2026-04-20T00:00:00.000Z');
    expect((await recorded('MilestoneBreached')).filter(({ stream }) => stream.endsWith('.L'))).toEqual([]);
  });

  it('project a deadline again once its schedule is published, and judge it then', async () => {
    await open('P', '2026-12-28T01:00:00.000Z');
    expect(await run('2027-01-20T00:00:00.000Z')).toMatchObject({ deadlinesProjected: 0 });
    const breaches = async () =>
      (await recorded('MilestoneBreached')).filter(({ stream }) => stream.endsWith('.P')).map(({ data }) => data);
    expect(await breaches()).toHaveLength(3);
    calendars = new WorkCalendars(parsePublishedDays(SCHEDULE_2027));
    expect(await run('2027-01-20T00:00:01.000Z')).toEqual({ breachesRecorded: 1, deadlinesProjected: 1 });
    expect((await recorded('DeadlineProjected'))[0]!.data).toMatchObject({
      previous: { on: '2027-01-06', provisional: true, calendar: 'CN/2026' },
      complete: { on: '2027-01-08', provisional: false, calendar: 'CN/2027' },
    });
    expect((await breaches()).at(-1)).toMatchObject({ milestone: 'complete', deadlineAt: '2027-01-08T15:59:59.999Z' });
    expect(await run('2027-01-20T00:00:01.000Z')).toEqual({ breachesRecorded: 0, deadlinesProjected: 0 });
  });

  it('fire by themselves while they are watched', async () => {
    await open('W', '2027-02-01T01:00:00.000Z');
    const stop = new AbortController();
    const runnerOfTimers = setInterval(() => void fold(), 50);
    const said: string[] = [];
    const options = {
      communityId,
      calendars: () => calendars,
      clock,
      everyMs: 20,
      say: (line: string) => void said.push(line),
    };
    const watching = watchClocks(stores(), options, stop.signal);
    try {
      clock.set('2027-02-02T01:00:00.001Z');
      while (!said.some((line) => line.includes('2 breaches'))) await new Promise((next) => setTimeout(next, 20));
    } finally {
      stop.abort();
      clearInterval(runnerOfTimers);
      await watching;
    }
    const last = (await recorded('MilestoneBreached')).slice(-2).map(({ data }) => data);
    expect(last).toMatchObject([
      { caseId: 'W', milestone: 'acknowledge' },
      { caseId: 'W', milestone: 'accept' },
    ]);
  });

  it('keep every identity and equal a rebuild; indexes serve the timers', async () => {
    await fold();
    const options = { source: events, store: models.store, projections };
    expect((await checkIdentities(options)).filter(({ holds }) => !holds)).toEqual([]);
    const verified = await verifyProjections(await events.headPosition(), options);
    expect(verified.flatMap(({ differences }) => differences)).toEqual([]);
    const plans = await new CaseTimersReader(models.store).explain('2027-03-01T00:00:00.000Z');
    plans.forEach((found, index) => {
      const plan = JSON.stringify(found, (_key, value: unknown) => (typeof value === 'bigint' ? `${value}` : value));
      const winning = plan.slice(plan.indexOf('winningPlan'));
      expect(winning).toContain(`"indexName":"${['timer-order', 'provisional'][index]}"`);
      expect(winning).not.toContain('"COLLSCAN"');
      expect(winning).not.toContain('"SORT"');
    });
  });
});
