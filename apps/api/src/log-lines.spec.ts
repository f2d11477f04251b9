import { EventEmitter, once } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { lineLog } from './log-lines.js';

function gathered() {
  const writes: string[] = [];
  const said = new EventEmitter();
  const log = lineLog((lines) => {
    writes.push(lines);
    said.emit('written');
  });
  const numbers = () =>
    writes.map((lines) =>
      lines
        .trimEnd()
        .split('\n')
        .map((line) => (JSON.parse(line) as { n: number }).n),
    );
  return { log, numbers, written: () => once(said, 'written') };
}

describe('the log', () => {
  it('writes the lines of a moment together, each a JSON document with its time', async () => {
    const { log, numbers, written } = gathered();
    log({ level: 'info', n: 1 });
    log({ level: 'info', n: 2 });
    expect(numbers()).toEqual([]);
    await written();
    log({ level: 'info', n: 3 });
    await written();
    expect(numbers()).toEqual([[1, 2], [3]]);
  });

  it('writes a failure at once, after what came before it', () => {
    const { log, numbers } = gathered();
    log({ level: 'info', n: 1 });
    log({ level: 'error', n: 2 });
    expect(numbers()).toEqual([[1, 2]]);
  });
});
