const WIDTH = 30;
const EVERY_MS = 100;

/** Progress of long work, on stderr, and only where that is a terminal. */
export interface Progress {
  /** @param total undefined while it is not known: then only the count is shown */
  update(done: number, total?: number): void;
  /** Words behind the figures, until the next ones. */
  note(text: string): void;
  /** Wipes the bar away. */
  end(): void;
}

const SILENT: Progress = { update: () => undefined, note: () => undefined, end: () => undefined };

/** One bar per work, redrawn ten times a second at most. */
export function progressBar(label: string, unit: string, terminal: NodeJS.WriteStream = process.stderr): Progress {
  if (!terminal.isTTY) return SILENT;
  let drawnAt = 0;
  let noted = '';
  return {
    update: (done, total) => {
      const now = performance.now();
      if (now - drawnAt < EVERY_MS) return;
      drawnAt = now;
      terminal.write(`\r\x1b[2K${barText(label, unit, done, total)}${noted && ` ${noted}`}`);
    },
    note: (text) => (noted = text),
    end: () => {
      if (drawnAt > 0) terminal.write('\r\x1b[2K');
    },
  };
}

export function barText(label: string, unit: string, done: number, total?: number): string {
  const count = done.toLocaleString('en');
  if (total === undefined || total <= 0) return `${label} ${count} ${unit}`;
  const share = Math.min(1, done / total);
  const filled = Math.round(share * WIDTH);
  const bar = '█'.repeat(filled) + '░'.repeat(WIDTH - filled);
  return `${label} ${bar} ${Math.floor(share * 100)} % ${count} of ${total.toLocaleString('en')} ${unit}`;
}
