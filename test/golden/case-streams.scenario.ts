import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { chinaCalendar, DeadlineClock, parsePublishedDays, WorkCalendar } from '#libs/calendar';
import { EMPTY_HEAD, encodeEvents, inputHashOf, Upcasters, type StreamHead } from '#libs/event-store';
import { commandIdOf, streamName, type Json, type NewEvent } from '#libs/kernel';
import {
  acceptCase,
  acknowledgeCase,
  answerCase,
  assignCase,
  awaitCustomer,
  caseDecider,
  closeCase,
  escalateCase,
  markDuplicate,
  openCase,
  projectDeadline,
  recordBreaches,
  recordCaseLine,
  rejectCase,
  reopenCase,
  reportProgress,
  resolveCase,
  resumeClock,
  surroundingsOf,
  verifyCase,
  withdrawCase,
  type CaseEvent,
  type CaseKind,
  type CaseState,
  type Decision,
  type Done,
} from '#libs/service-desk';

const NOW = '2027-02-03T04:05:06.789Z';
const SEALED = { kid: '7d0e3b0a-6f3e-5d5e-8a52-0d1c54f5b1e1', iv: 'q83vEjRWeJCrze8S', ct: 'wJ3f0d7Zt0Vb1m', tag: 'AAECAwQFBgcICQoLDA0ODw' };
const TIME_ZONE = 'Asia/Shanghai';
/** The schedules up to 2026, whatever the package learns later. */
const around = { ...surroundingsOf(TIME_ZONE), rules: new DeadlineClock(calendarUpTo2026(), TIME_ZONE) };
const published = new DeadlineClock(chinaCalendar([{ date: '2027-01-01', day: 'off' }, { date: '2027-01-04', day: 'off' }]), 'Asia/Shanghai');

function calendarUpTo2026(): WorkCalendar {
  const file = join(import.meta.dirname, '../../libs/calendar/src/cn-published-days.csv');
  const days = parsePublishedDays(readFileSync(file, 'utf8'));
  const of = (year: number, kind: string) =>
    new Set(days.filter(({ date, day }) => day === kind && date.startsWith(`${year}-`)).map(({ date }) => date));
  return new WorkCalendar({
    id: 'CN',
    version: 'CN/2026',
    weekend: new Set([6, 7]),
    schedule: (year) => (year > 2026 ? undefined : { off: of(year, 'off'), work: of(year, 'work') }),
    settledByNextYearFrom: '12-29',
  });
}

/** One case of a kind: decided by today's code, in the stored form. */
class GoldenCase {
  state: CaseState;
  head: StreamHead = EMPTY_HEAD;
  readonly stored: Json[] = [];
  #commands = 0;

  constructor(
    private readonly kind: CaseKind,
    private readonly caseId: string,
  ) {
    this.state = caseDecider(kind).initialState();
  }

  record(events: readonly CaseEvent[]): this {
    const stream = streamName(this.kind, 'yinghu', this.caseId);
    const key = [this.kind, this.caseId, this.#commands++];
    const actor = { id: '李客服', role: 'service-agent' };
    const command = { commandId: commandIdOf('yinghu', 'golden', key), input: key, actor, communityId: 'yinghu', inputHash: inputHashOf(key) };
    const encoded = encodeEvents(stream, this.head, command, NOW, events as readonly NewEvent[], new Upcasters());
    let { revision } = this.head;
    for (const { id, type, dataText, metadataText } of encoded.events) {
      revision += 1n;
      this.stored.push({ stream, revision: `${revision}`, id, type, data: JSON.parse(dataText) as Json, metadata: JSON.parse(metadataText) as Json });
    }
    this.head = encoded.head;
    const decider = caseDecider(this.kind);
    for (const event of events) this.state = decider.evolve(this.state, { ...event, recordedAt: NOW, actor });
    return this;
  }

  opened(openedAt: string): this {
    const { kind, caseId } = this;
    const people = { team: 'team-1', handler: null, agent: 'ann', activity: null, now: NOW };
    const facts = { severity: 'normal', channel: 'phone' as const, unitId: 'B1/0101', customer: SEALED, text: SEALED };
    return this.record(openCase({ kind, caseId, openedAt, ...people, ...facts }, this.state, around));
  }

  does<Command extends Done>(decide: Decision<Command>, at: string, agent: string, more: Omit<Command, keyof Done>): this {
    return this.record(decide({ at, agent, now: NOW, ...more } as Command, this.state, around.rules));
  }
}

/** Streams with every type of a kind: a case handled to its end, and the three endings. */
export function goldenStreams(kind: CaseKind): Json {
  const text = { text: SEALED };
  const at = (day: number) => `2026-12-${String(day).padStart(2, '0')}T02:00:00.000Z`;
  const rung = kind === 'dispute' ? ('housing-authority' as const) : null;
  const handled = new GoldenCase(kind, '2026/000001')
    .opened(at(21))
    .does(acknowledgeCase, at(22), 'ann', {})
    .does(acceptCase, at(22), 'ann', { handler: 'bob' })
    .does(assignCase, at(22), 'ann', { handler: 'carl', team: 'team-2', severity: 'major' })
    .does(reportProgress, at(23), 'carl', text)
    .does(answerCase, at(23), 'carl', text)
    .does(awaitCustomer, at(24), 'carl', text)
    .does(resumeClock, at(28), 'carl', {})
    .does(escalateCase, at(28), 'carl', { rung, ...text });
  handled.record(projectDeadline(handled.state, '2027-01-01T00:00:00.000Z', published));
  handled.record(recordBreaches(handled.state, '2027-01-20T00:00:00.000Z', published));
  handled
    .does(resolveCase, '2027-01-21T00:00:00.000Z', 'carl', text)
    .does(verifyCase, '2027-01-22T00:00:00.000Z', 'vera', text)
    .does(reopenCase, '2027-01-23T00:00:00.000Z', 'ann', text)
    .does(resolveCase, '2027-01-24T00:00:00.000Z', 'carl', text)
    .does(verifyCase, '2027-01-25T00:00:00.000Z', 'vera', text)
    .does(closeCase, '2027-01-26T00:00:00.000Z', 'ann', text);
  const imported = new GoldenCase(kind, 'C-7');
  const line = { caseId: 'C-7', severity: '1', agent: 'agent-2', team: null, customer: null };
  imported.record(recordCaseLine(imported.state, { ...line, at: at(1), activity: 'classified', customer: SEALED }, kind, around));
  imported.record(recordCaseLine(imported.state, { ...line, at: at(2), activity: 'closed' }, kind, around));
  imported.record(recordCaseLine(imported.state, { ...line, at: at(3), activity: 'duplicate' }, kind, around));
  const endings = [
    new GoldenCase(kind, '2026/000002').opened(at(1)).does(withdrawCase, at(2), 'ann', text),
    new GoldenCase(kind, '2026/000003').opened(at(1)).does(rejectCase, at(2), 'ann', text),
    new GoldenCase(kind, '2026/000004').opened(at(1)).does(markDuplicate, at(2), 'ann', { ofCaseId: '2026/000003' }),
  ];
  const cases = [handled, imported, ...endings];
  return cases.map(({ stored, state }) => ({ stored, state: state as unknown as Json }));
}
