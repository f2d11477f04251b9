export interface Column<Row> {
  readonly title: string;
  readonly value: (row: Row) => string;
  readonly alignRight?: boolean;
}

const WIDE =
  /[\u1100-\u115F\u2E80-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE4F\uFF00-\uFF60\uFFE0-\uFFE6]|[\u{20000}-\u{3FFFD}]/gu;

/** Columns on a terminal: Chinese characters take two. */
export function displayWidth(text: string): number {
  return [...text].length + (text.match(WIDE)?.length ?? 0);
}

function pad(text: string, width: number, right: boolean): string {
  const space = ' '.repeat(Math.max(0, width - displayWidth(text)));
  return right ? space + text : text + space;
}

/** Stored text must neither break a table nor reach a terminal as a command: control characters are shown by their pictures. */
function visible(text: string): string {
  return text.replace(/\p{Cc}/gu, (c) => (c <= '\x1f' ? String.fromCodePoint(0x2400 + c.codePointAt(0)!) : '\u2421'));
}

/** Lines of a table with a header; rows are asked for once, so that their number is the caller's choice. */
export function* tableLines<Row>(columns: readonly Column<Row>[], rows: Iterable<Row>): Generator<string> {
  const cells = [...rows].map((row) => columns.map((column) => visible(column.value(row))));
  const widths = columns.map((column, index) =>
    cells.reduce((width, row) => Math.max(width, displayWidth(row[index]!)), displayWidth(column.title)),
  );
  const line = (row: readonly string[]) =>
    row
      .map((cell, index) => pad(cell, widths[index]!, columns[index]!.alignRight === true))
      .join('  ')
      .trimEnd();
  yield line(columns.map((column) => column.title));
  yield widths.map((width) => '─'.repeat(width)).join('  ');
  for (const row of cells) yield line(row);
}

/** Minor units for people: `1,234,567.89`, two decimals (D1); currencies without decimals as they are. */
export function formatMinor(minor: bigint, currency: string): string {
  const decimals =
    new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2;
  const digits = (minor < 0n ? -minor : minor).toString().padStart(decimals + 1, '0');
  const whole = digits.slice(0, digits.length - decimals).replace(/\B(?=(\d{3})+$)/g, ',');
  const text = decimals === 0 ? whole : `${whole}.${digits.slice(-decimals)}`;
  return minor < 0n ? `-${text}` : text;
}
