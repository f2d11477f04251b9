import { DomainError, parseAsOfInstant, parseInstant, systemClock, type Instant } from '#libs/kernel';
import { openClocks } from '../../../scheduler/src/open-clocks.js';
import { publishedSchedule } from '../../../scheduler/src/published-schedule.js';
import { findCommunity, type Community } from '../books.js';
import { catchUp } from '../catch-up.js';
import type { CommandRun } from '../session.js';

export interface ClocksRunOptions {
  readonly community?: string;
  readonly at?: string;
  readonly publishedDays?: string;
}

/** `estate clocks run`: fires what is due, in order, and projects provisional deadlines whose schedule is published (D3, D5). */
export const run: CommandRun<ClocksRunOptions> = async (session, _args, options) => {
  const calendars = publishedSchedule(options.publishedDays && session.path(options.publishedDays));
  calendars();
  await session.withRuntime(async (runtime) => {
    const community = options.community ? await findCommunity(runtime.eventStore, options.community) : undefined;
    const at = presentOf(options.at, community);
    const refresh = async (): Promise<boolean> => {
      await catchUp(session, runtime);
      return true;
    };
    const clocks = openClocks(runtime, { calendars, refresh });
    const counts = await clocks.run({ at, communityId: community?.communityId, signal: session.signal });
    const { breachesRecorded = 0, deadlinesProjected = 0 } = counts ?? {};
    if (session.json) await session.answer.line(JSON.stringify({ at, breachesRecorded, deadlinesProjected }));
    else
      await session.answer.line(
        `Clocks as of ${at}: ${breachesRecorded} breaches recorded, ${deadlinesProjected} deadlines projected again`,
      );
  });
};

/** A breach that is recorded stands for ever: none is recorded before it has happened. */
function presentOf(text: string | undefined, community: Community | undefined): Instant {
  const now = systemClock.now();
  if (text === undefined) return now;
  const at = community ? parseAsOfInstant(text, community.timeZone) : parseInstant(text);
  if (at > now) throw new DomainError('INSTANT_INVALID', `--at ${at} is still to come: it is ${now}`);
  return at;
}
