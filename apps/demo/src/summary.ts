import type { YearCounts } from './office.js';

const MONTH_COLUMNS = ['FeeAssessed', 'PaymentReceived', 'ReminderSent'] as const;

/** Progress: what has been done up to the end of a month. */
export function monthLine(month: string, { commands, events, byType }: YearCounts): string {
  const [fees, payments, reminders] = MONTH_COLUMNS.map((type) => byType.get(type) ?? 0);
  return (
    `  ${month}  ${counted(commands)} commands  ${counted(events)} events  ` +
    `${counted(fees)} fees  ${counted(payments)} payments  ${counted(reminders)} reminders  ${counted(openedCases(byType))} cases`
  );
}

/** The year in figures, and every type of event that was recorded in it. */
export function summaryLines({ commands, events, breaches, byType }: YearCounts, ms: number): string[] {
  const types = [...byType].sort(([a], [b]) => (a < b ? -1 : 1)).map(([type, count]) => `${type} ${count}`);
  return [
    '',
    `${commands.toLocaleString('en')} commands recorded ${events.toLocaleString('en')} facts, and the service clocks ${breaches} breaches, in ${(ms / 1000).toFixed(1)} s:`,
    ...wrapped(types, 118).map((line) => `  ${line}`),
  ];
}

function openedCases(byType: ReadonlyMap<string, number>): number {
  let sum = 0;
  for (const [type, count] of byType)
    if (/^(Complaint|Request|Dispute|Suggestion|Incident)Opened$/.test(type)) sum += count;
  return sum;
}

function wrapped(words: readonly string[], width: number): string[] {
  const lines: string[] = [];
  for (const word of words) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length + 3 <= width) lines[lines.length - 1] = `${last}   ${word}`;
    else lines.push(word);
  }
  return lines;
}

function counted(n = 0): string {
  return n.toLocaleString('en').padStart(6);
}
