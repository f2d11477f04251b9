/** Facts of a made-up community, decided by the contexts themselves, and streams that they are appended to without reading. */
import { calendarOf, DeadlineClock } from '#libs/calendar';
import { EMPTY_HEAD, encodeEvents, inputHashOf, Upcasters } from '#libs/event-store';
import { commandIdOf, streamName } from '#libs/kernel';
import { assessFee, openAccount, receivePayment } from '#libs/receivables';
import { recordCaseLine, STANDARD_POLICY } from '#libs/service-desk';

const DAY_MS = 86_400_000;
const FIRST_DAY = Date.UTC(2021, 0, 1);
const TEAMS = ['desk', 'repairs', 'security'];
export const ACTIVITIES = ['opened', 'acknowledged', 'accepted', 'waiting', 'resolved', 'closed'];
export const timeZone = 'Asia/Shanghai';
export const currency = 'CNY';
export const actor = { id: 'bench', role: 'finance-manager' };
const rules = new DeadlineClock(calendarOf('CN'), timeZone);
const around = { timeZone, calendar: 'CN', policy: STANDARD_POLICY, rules };
const upcasters = new Upcasters();

/** One stream with its folded state: decisions are appended on top of it without reading. */
export class StreamWriter {
  head = EMPTY_HEAD;
  commands = 0;

  constructor(store, decider, communityId, id) {
    Object.assign(this, { store, decider, communityId });
    this.stream = streamName(decider.category, communityId, id);
    this.state = decider.initialState();
  }

  /** Each decision is one command; all of them are one append. Resolves to how many events there were, and the last one's position. */
  async record(...decisions) {
    const { revision } = this.head;
    const events = decisions.flatMap((decide) => this.encode(decide));
    const { position } = await this.store.append(this.stream, revision < 0n ? 'no_stream' : revision, events);
    return { events: events.length, position };
  }

  encode(decide) {
    const { communityId, decider } = this;
    const drafts = decide(this.state);
    const input = [this.stream, (this.commands += 1)];
    const commandId = commandIdOf(communityId, 'bench', input);
    const command = { commandId, input, inputHash: inputHashOf(input), actor, communityId };
    const { events, head } = encodeEvents(this.stream, this.head, command, new Date().toISOString(), drafts, upcasters);
    for (const draft of drafts.filter(({ type }) => decider.handles.has(type))) {
      this.state = decider.evolve(this.state, { ...draft, recordedAt: head.recordedAt, actor });
    }
    this.head = head;
    return events;
  }
}

/** Day `n` of the made-up time. */
export const day = (n) => new Date(FIRST_DAY + n * DAY_MS).toISOString().slice(0, 10);
export const contextOf = (on) => ({ actor, effectiveOn: day(on), occurredAt: `${day(on)}T01:00:00.000Z` });
export const accountIdOf = (number) => `B${1 + Math.floor(number / 400)}/${String(number % 400).padStart(4, '0')}`;
const money = (minor) => ({ currency, minor: BigInt(minor) });

export const opening = (number, on) => (state) =>
  openAccount(state, { accountId: accountIdOf(number), currency, timeZone }, contextOf(on));

export function fee(on, minor) {
  const tariff = { tariffId: 'T1', version: 1, lateFee: { ppmPerDay: 500, graceDays: 0, capPpm: 1_000_000 } };
  const period = { from: day(on), to: day(on + 29) };
  const charge = { item: 'property-fee', amount: money(minor), dueOn: day(on + 35), reference: day(on).slice(0, 7) };
  return (state) => assessFee(state, { ...charge, tariff, period }, contextOf(on));
}

export function payment(on, minor) {
  const paid = { amount: money(minor), method: 'transfer', reference: `BANK-${on}-${minor}` };
  return (state) => receivePayment(state, { ...paid, receiptNumber: null, designatedItemIds: [] }, contextOf(on));
}

const factOf = (type, on, data) => () => [{ type, data, effectiveOn: day(on), occurredAt: `${day(on)}T02:00:00.000Z` }];

export const reminder = (on) =>
  factOf('ReminderSent', on, { rung: null, channel: 'sms', reference: 'letter', items: [] });

export const referral = (on) =>
  factOf('LegalReferralMade', on, { reference: 'file', proposedBy: null, approvedBy: null, items: [] });

/** The step-th line of the log of a case. */
export function caseStep(caseId, number, step) {
  const at = new Date(FIRST_DAY + ((number * 7) % 1_800) * DAY_MS + step * 5 * 3_600_000).toISOString();
  const labels = {
    severity: number % 5 === 0 ? 'high' : 'normal',
    agent: `agent-${number % 9}`,
    team: TEAMS[number % 3],
  };
  const line = { caseId, at, activity: ACTIVITIES[step], customer: null, ...labels };
  return (state) => recordCaseLine(state, line, 'complaint', around);
}
