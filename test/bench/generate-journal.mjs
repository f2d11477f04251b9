/**
 * A made-up journal of any length, the same for the same arguments: about 100 lines to an account, accounts mixed with each
 * other and dates out of order within limits, as in an export of somebody else's system. Bad lines are not made.
 */
import { createWriteStream } from 'node:fs';
import { once } from 'node:events';

const LINES_PER_ACCOUNT = 100;
const LINES_PER_WRITE = 2000;
const FIRST_DAY = Date.UTC(2016, 0, 1) / 86_400_000;
const HEADER = 'occurredOn,account,entry,amountMinor,dueOn,reference\n';

function randomNumbers(seed) {
  let state = seed >>> 0;
  return (limit) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}

const date = (day) => new Date((FIRST_DAY + day) * 86_400_000).toISOString().slice(0, 10);
const dates = Array.from({ length: 4200 }, (_, day) => date(day));

/** One line of account `n`: the `step`-th of that account. */
function journalLine(n, step, random) {
  const account = `B${1 + Math.floor(n / 400)}/${String(n % 400).padStart(4, '0')}`;
  const day = step * 36 + random(60);
  const reference = `${account}#${step}`;
  const kind = step % 10;
  if (kind === 3 || kind === 6 || kind === 9)
    return `${dates[day]},${account},payment,${10_000 + random(90_000)},,${reference}\n`;
  if (kind === 5) return `${dates[day]},${account},late-fee,${100 + random(2000)},${dates[day]},${reference}\n`;
  if (kind === 8) return `${dates[day]},${account},reminder,,,${reference}\n`;
  const entry = kind === 4 ? 'expense' : 'fee';
  return `${dates[day]},${account},${entry},${10_000 + random(40_000)},${dates[day + 20]},${reference}\n`;
}

/** Writes `lines` lines (and the header) to `path`; resolves to the number of accounts. */
export async function generateJournal(path, lines, seed = 1) {
  const accounts = Math.max(1, Math.round(lines / LINES_PER_ACCOUNT));
  const random = randomNumbers(seed);
  const out = createWriteStream(path);
  out.write(HEADER);
  // A step that has no common factor with the number of accounts visits all of them in a scattered order.
  const stride = coprimeNear(Math.floor(accounts * 0.618), accounts);
  for (let done = 0; done < lines;) {
    let text = '';
    for (const end = Math.min(lines, done + LINES_PER_WRITE); done < end; done += 1) {
      text += journalLine((done * stride) % accounts, Math.floor(done / accounts), random);
    }
    if (!out.write(text)) await once(out, 'drain');
  }
  out.end();
  await once(out, 'close');
  return accounts;
}

function coprimeNear(wanted, number) {
  for (let candidate = Math.max(1, wanted); ; candidate += 1) if (gcd(candidate, number) === 1) return candidate;
}

function gcd(a, b) {
  return b === 0 ? a : gcd(b, a % b);
}
