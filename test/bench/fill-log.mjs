/**
 * Fills an event store with the log of a made-up community: so many events (a few more at the end), the same for the same number.
 * Accounts take turns, a month at a time, as billing and payments would have it: events that follow each other in $all are of many
 * accounts. Among them are reminders, credits, cases of the service desk, and one legal referral in 1,000 events.
 *
 *   node fill-log.mjs '{"eventstoreUrl": URL, "communityId": ID, "events": N}'
 *   → {"events", "accounts", "cases", "referrals", "tenthAt"}   tenthAt: position up to which a tenth of the events lies
 */
import { EventStore } from '#libs/event-store';
import { communityDecider, registerCommunity } from '#libs/portfolio';
import { accountDecider } from '#libs/receivables';
import { caseDecider } from '#libs/service-desk';
import { answer } from './child.mjs';
import * as log from './made-up-log.mjs';

const EVENTS_PER_ACCOUNT = 100;
const IN_FLIGHT = 64;
const TURNS_PER_CASE = 40;
const OPEN_CASES = 40;
const EVENTS_PER_REFERRAL = 1_000;

const { eventstoreUrl, communityId, events: wanted } = JSON.parse(process.argv[2]);
const store = EventStore.connect(eventstoreUrl);
const written = { events: 0, referrals: 0, cases: 0, tenthAt: '' };
const writerOf = (decider, id) => new log.StreamWriter(store, decider, communityId, id);

async function record(writer, ...decisions) {
  const { events, position } = await writer.record(...decisions);
  written.events += events;
  if (written.tenthAt === '' && written.events >= wanted / 10) written.tenthAt = position.toString();
}

/** A month of an account: a fee; most are paid, some are reminded of, a few pay more than they owe. */
function monthOf(writer, number, month) {
  const on = month * 30;
  const minor = 20_000 + ((number * 37) % 9_000);
  const decisions = month === 0 ? [log.opening(number, on)] : [];
  decisions.push(log.fee(on, minor));
  if ((number + month) % 4 === 3) decisions.push(log.reminder(on + 40));
  else decisions.push(log.payment(on + 10, (number + month) % 11 === 0 ? minor + 500 : minor));
  if (written.events >= (written.referrals + 1) * EVENTS_PER_REFERRAL) {
    written.referrals += 1;
    decisions.push(log.referral(on + 41));
  }
  return record(writer, ...decisions);
}

function newCase(number) {
  const caseId = `2021/${String(number).padStart(6, '0')}`;
  return { writer: writerOf(caseDecider('complaint'), caseId), caseId, number, step: 0 };
}

/** A case goes one step on each time that it is its turn; some are never finished. */
async function stepOf(open) {
  if (open.length < OPEN_CASES) open.push(newCase((written.cases += 1)));
  const next = open.shift();
  await record(next.writer, log.caseStep(next.caseId, next.number, next.step));
  next.step += 1;
  if (next.step < log.ACTIVITIES.length && next.number % 7 !== next.step) open.push(next);
}

await record(writerOf(communityDecider, communityId), (state) =>
  registerCommunity(state, { communityId, currency: log.currency, timeZone: log.timeZone }, log.contextOf(0)),
);
const accounts = Array.from({ length: Math.max(100, Math.round(wanted / EVENTS_PER_ACCOUNT)) }, (_, number) => ({
  writer: writerOf(accountDecider, log.accountIdOf(number)),
  month: 0,
}));
const openCases = [];
let turn = 0;

/** Turns go round: an account has its next one after all others, long after its append was acknowledged. */
async function takeTurns() {
  while (written.events < wanted) {
    const number = turn % accounts.length;
    const isOfCase = turn++ % TURNS_PER_CASE === 0;
    await monthOf(accounts[number].writer, number, accounts[number].month++);
    if (isOfCase) await stepOf(openCases);
  }
}

await Promise.all(Array.from({ length: IN_FLIGHT }, takeTurns));
await store.close();
answer({ ...written, accounts: accounts.length });
