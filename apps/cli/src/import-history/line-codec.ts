import type { HistoryEntry, JournalLine } from './journal-line.js';

/** What sorting, spilling and numbering need to know of a checked line, whatever file it comes from. */
export interface LineCodec<Line> {
  /** Id of the entity whose stream the line goes to. */
  streamOf(line: Line): string;
  /** Its place within that stream, as text that sorts; ties in the order of the file. */
  orderOf(line: Line): string;
  /** All its fields as read: lines are identical when this is equal. */
  identityOf(line: Line): string;
  /** About the characters that it holds in memory. */
  charactersOf(line: Line): number;
  /** One line of text each, ended by a line feed; none within. */
  encode(lines: readonly Line[]): Buffer;
  decode(text: string): Line;
}

type Fields = [string, string, string, string, string, string, string, string];

/** Lines of a journal: by account, then date. Tabs and line feeds part the fields; of checked fields only a reference may hold any. */
export const JOURNAL_CODEC: LineCodec<JournalLine> = {
  streamOf: (line) => line.account,
  orderOf: (line) => line.occurredOn,
  identityOf: (l) => `${l.occurredOn}\t${l.accountAsRead}\t${l.entry}\t${l.amountMinor}\t${l.dueOn}\t${l.reference}`,
  charactersOf: (line) => line.account.length + line.amountMinor.length + line.reference.length,
  encode: encodeLines,
  decode: decodeLine,
};

function encodeLines(lines: readonly JournalLine[]): Buffer {
  let text = '';
  for (const l of lines) {
    const asRead = l.accountAsRead === l.account ? '' : l.accountAsRead;
    text += `${l.account}\t${l.occurredOn}\t${l.line}\t${l.entry}\t${l.amountMinor}\t${l.dueOn}\t${escapeText(l.reference)}\t${asRead}\n`;
  }
  return Buffer.from(text);
}

function decodeLine(text: string): JournalLine {
  const fields = text.split('\t') as Fields;
  const [account, occurredOn, line, entry, amountMinor, dueOn, reference, asRead] = fields;
  return {
    line: Number(line),
    occurredOn,
    account,
    accountAsRead: asRead === '' ? account : asRead,
    entry: entry as HistoryEntry,
    amountMinor,
    dueOn,
    reference: unescapeText(reference),
  };
}

function escapeText(text: string): string {
  if (!/[\\\t\n]/.test(text)) return text;
  return text.replaceAll('\\', '\\\\').replaceAll('\t', '\\t').replaceAll('\n', '\\n');
}

function unescapeText(text: string): string {
  if (!text.includes('\\')) return text;
  return text.replace(/\\(.)/g, (_, escaped: string) => (escaped === 't' ? '\t' : escaped === 'n' ? '\n' : escaped));
}
