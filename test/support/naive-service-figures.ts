/**
 * Figures of a help-desk log worked out afresh from domain.md D5 and §7, case by case and milestone by milestone, with
 * nothing of the project's code: days by `Date`, working days by the published list, Shanghai as UTC+8.
 */
export interface LogLine {
  readonly case: string;
  readonly at: string;
  readonly activity: string;
}

export interface NaivePeriod {
  readonly from: string;
  readonly to: string;
  readonly asOf: string;
}

const DAY = 86_400_000;
const SHANGHAI = 8 * 3_600_000;
const HOUR = 3_600_000;

export function naiveFigures(lines: readonly LogLine[], { from, to, asOf }: NaivePeriod, special: Map<string, string>) {
  const now = Date.parse(asOf);
  const cases = casesOf(lines).filter(([opening]) => {
    const on = localDay(opening!.time);
    return on >= from && on <= to && opening!.time <= now;
  });
  const judged = cases.map((acts) =>
    judge(
      acts.filter(({ time }) => time <= now),
      now,
      special,
    ),
  );
  const counted = judged.filter(({ status }) => !['rejected', 'duplicate', 'withdrawn'].includes(status));
  const count = (status: string) => judged.filter((one) => one.status === status).length;
  return {
    opened: judged.length,
    resolved: count('resolved'),
    closed: count('closed'),
    open: count('open'),
    reopened: judged.filter(({ reopened }) => reopened).length,
    resolutionRate: { numerator: count('resolved') + count('closed'), denominator: counted.length },
    acknowledge: summary(counted.map(({ acknowledge }) => acknowledge)),
    accept: summary(counted.map(({ accept }) => accept)),
    answer: summary(counted.map(({ answer }) => answer)),
    complete: summary(counted.map(({ complete }) => complete)),
  };
}

interface Act {
  readonly time: number;
  readonly activity: string;
}
interface Verdict {
  readonly status: string;
  readonly elapsed: number;
}

function casesOf(lines: readonly LogLine[]): Act[][] {
  const byCase = new Map<string, (Act & { index: number })[]>();
  lines.forEach((line, index) => {
    const acts = byCase.get(line.case) ?? [];
    byCase.set(line.case, acts);
    acts.push({ time: Date.parse(line.at), activity: line.activity, index });
  });
  return [...byCase.values()].map((acts) => acts.sort((a, b) => a.time - b.time || a.index - b.index));
}

function judge(acts: readonly Act[], now: number, special: Map<string, string>) {
  const opened = acts[0]!.time;
  const ending = acts.findIndex((act, i) => i > 0 && ['rejected', 'duplicate', 'withdrawn'].includes(act.activity));
  const live = acts.slice(1, ending < 0 ? undefined : ending + 1);
  let status = 'open';
  let reopenedAt = -1;
  let resolvedOnce = false;
  const resolutions: number[] = [];
  const bareClosings: number[] = [];
  live.forEach(({ activity }, i) => {
    if (['accepted', 'waiting', 'escalated'].includes(activity) && status !== 'open') {
      status = 'open';
      reopenedAt = i;
    } else if (activity === 'resolved' && status !== 'closed') {
      status = 'resolved';
      resolvedOnce = true;
      resolutions.push(i);
    } else if (activity === 'closed' && status !== 'closed') {
      if (!resolvedOnce) bareClosings.push(i);
      status = 'closed';
    }
  });
  const first = (...indexes: number[]) => indexes.filter((i) => i >= 0).sort((a, b) => a - b)[0];
  const find = (activity: string) => live.findIndex((act) => act.activity === activity);
  const time = (i: number | undefined) => (i === undefined ? undefined : live[i]!.time);
  const completed = [...resolutions, ...bareClosings].filter((i) => i > reopenedAt).sort((a, b) => b - a)[0];
  const hours = (done: number | undefined, limit: number) => verdict(opened, done, opened + limit * HOUR, now, false);
  const clock = completionClock(opened, live, special);
  return {
    status: ending < 0 ? status : acts[ending]!.activity,
    reopened: reopenedAt >= 0,
    acknowledge: hours(live[0]?.time, 24),
    accept: hours(time(first(find('accepted'), bareClosings[0] ?? -1)), 24),
    answer: hours(time(first(find('waiting'), resolutions[0] ?? -1, bareClosings[0] ?? -1)), 48),
    complete: verdict(opened, time(completed), clock.end, now, clock.held),
  };
}

/** End of the last day in milliseconds (exclusive end − 1), and whether an open pause that began in time holds the clock. */
function completionClock(opened: number, live: readonly Act[], special: Map<string, string>) {
  const works = (day: number) => {
    const known = special.get(new Date(day).toISOString().slice(0, 10));
    return known ? known === 'work' : new Date(day).getUTCDay() % 6 !== 0;
  };
  const dayOf = (time: number) => Math.floor((time + SHANGHAI) / DAY) * DAY;
  const later = (day: number, n: number) => {
    let result = day;
    for (let left = n; left > 0;) if (works((result += DAY))) left -= 1;
    return result;
  };
  const endOf = (day: number) => day + DAY - SHANGHAI - 1;
  let last = later(dayOf(opened), 7);
  let held = false;
  live.forEach((act, i) => {
    if (act.activity !== 'waiting' || act.time > endOf(last)) return;
    const next = live[i + 1];
    if (!next) held = true;
    else {
      let moved = 0;
      for (let day = dayOf(act.time) + DAY; day <= dayOf(next.time); day += DAY) if (works(day)) moved += 1;
      last = later(last, moved);
    }
  });
  return { end: endOf(last), held };
}

function verdict(opened: number, done: number | undefined, deadline: number, now: number, held: boolean): Verdict {
  const elapsed = (done ?? now) - opened;
  if (done !== undefined) return { status: done <= deadline ? 'met' : 'breached', elapsed };
  return { status: now > deadline && !held ? 'breached' : 'running', elapsed };
}

function summary(verdicts: readonly Verdict[]) {
  const sorted = verdicts.map(({ elapsed }) => elapsed).sort((a, b) => a - b);
  const count = (status: string) => verdicts.filter((one) => one.status === status).length;
  const rank = (percent: number) => {
    if (sorted.length === 0) return null;
    const value = sorted.find((_, i) => (i + 1) * 100 >= percent * sorted.length)!;
    const hundredths = Number((BigInt(value) * 200n + BigInt(HOUR)) / BigInt(2 * HOUR));
    return Number(`${Math.trunc(hundredths / 100)}.${String(hundredths % 100).padStart(2, '0')}`);
  };
  return {
    ...{ met: count('met'), breached: count('breached'), running: count('running') },
    ...{ p50Hours: rank(50), p90Hours: rank(90), p95Hours: rank(95) },
  };
}

function localDay(time: number): string {
  return new Date(time + SHANGHAI).toISOString().slice(0, 10);
}
