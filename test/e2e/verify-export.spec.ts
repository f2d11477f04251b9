import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { hashOfStored, type StoredEvent } from '#libs/event-store';
import { ROOT, start, temporaryFolder, type Ended } from '../support/processes.js';
import { exportText, lastLine, sampleEvents, type ExportedEvent } from '../support/sample-export.js';

const folder = temporaryFolder();
afterAll(() => folder.remove());

let files = 0;
function fileOf(text: string | Buffer): string {
  const path = join(folder.path, `export-${(files += 1)}.ndjson`);
  writeFileSync(path, text);
  return path;
}

function verify(text: string | Buffer, heads?: string): Promise<Ended> {
  const earlier = heads === undefined ? [] : ['--heads', fileOf(heads)];
  return start(process.execPath, [join(ROOT, 'tools', 'verify-export.mjs'), fileOf(text), ...earlier]).ended;
}

/** The sample's lines, changed: `change` gets the lines without the line break, the last line included. */
function changed(change: (lines: string[]) => void): string {
  const lines = exportText(sampleEvents(4)).trimEnd().split('\n');
  change(lines);
  return `${lines.join('\n')}\n`;
}

function edit(line: string, change: (event: ExportedEvent) => void): string {
  const event = JSON.parse(line) as ExportedEvent;
  change(event);
  return JSON.stringify(event);
}

/** As somebody would who knows the format: the event's hash made to fit its content again. */
function rehash(event: ExportedEvent): void {
  event.metadata['hash'] = hashOfStored({ ...event, revision: BigInt(event.revision) } as unknown as StoredEvent);
}

async function expectFault(text: string | Buffer, code: string, heads?: string): Promise<void> {
  const { status, stdout } = await verify(text, heads);
  expect(stdout).toContain(`${code}: `);
  expect(status).toBe(1);
}

describe('verify-export', () => {
  it('finds nothing in a true export, with its own heads, with earlier ones, and with the last line alone', async () => {
    const events = sampleEvents(4);
    for (const heads of [undefined, exportText(events), exportText(events.slice(0, 5)), lastLine(events.slice(0, 3))]) {
      const { status, stdout, stderr } = await verify(exportText(events), heads);
      expect([status, stdout, stderr]).toEqual([
        0,
        'verified: 8 events of 2 streams, every hash and chain holds\n',
        '',
      ]);
    }
  });

  it('accepts an export without events, and other white space and order of members', async () => {
    expect((await verify(exportText([]))).status).toBe(0);
    const respelled = changed((lines) => {
      const { metadata, data, ...rest } = JSON.parse(lines[0]!) as ExportedEvent;
      lines[0] = JSON.stringify({ metadata, data, ...rest }, null, 1).replaceAll('\n', ' ');
    });
    expect((await verify(respelled)).status).toBe(0);
  });

  it.each<[string, string, (lines: string[]) => void]>([
    [
      'a changed event',
      'HASH_WRONG',
      (lines) => (lines[2] = edit(lines[2]!, (event) => (event.data['reference'] = 'x'))),
    ],
    [
      'a changed actor',
      'HASH_WRONG',
      (lines) => (lines[2] = edit(lines[2]!, (event) => (event.metadata['actor'] = { id: 'x', role: 'y' }))),
    ],
    [
      'a change with a new hash',
      'CHAIN_BROKEN',
      (lines) => (lines[2] = edit(lines[2]!, (event) => ((event.data['reference'] = 'x'), rehash(event)))),
    ],
    ['a dropped event', 'REVISION_WRONG', (lines) => lines.splice(2, 1)],
    ['a dropped last event', 'COUNT_WRONG', (lines) => lines.splice(-2, 1)],
    ['an added event', 'REVISION_WRONG', (lines) => lines.splice(3, 0, lines[2]!)],
    ['an event twice', 'DUPLICATE_ID', (lines) => lines.splice(3, 0, lines[2]!)],
    [
      'an added stream',
      'HEADS_WRONG',
      (lines) => lines.splice(4, 0, JSON.stringify(sampleEvents(1)[0]).replaceAll('.A1', '.A9')),
    ],
    ['events of one stream swapped', 'REVISION_WRONG', (lines) => ([lines[0], lines[2]] = [lines[2]!, lines[0]!])],
    ['events of two streams swapped', 'ORDER_WRONG', (lines) => ([lines[0], lines[1]] = [lines[1]!, lines[0]!])],
    ['a lost tail', 'TAIL_LOST', (lines) => lines.splice(5)],
    ['a lost last line', 'TAIL_LOST', (lines) => lines.splice(-1)],
    ['two ends', 'AFTER_THE_END', (lines) => lines.push(lines.at(-1)!)],
    ['an empty line', 'NOT_JSON', (lines) => lines.splice(2, 0, '')],
    ['half a line', 'NOT_JSON', (lines) => (lines[2] = lines[2]!.slice(0, 80))],
    ['an unknown field', 'NOT_AN_EVENT', (lines) => (lines[2] = lines[2]!.replace('{', '{"position":"7",'))],
    [
      'an unknown field of metadata',
      'NOT_AN_EVENT',
      (lines) => (lines[2] = edit(lines[2]!, (event) => (event.metadata['x'] = 1))),
    ],
    [
      'a missing field',
      'NOT_AN_EVENT',
      (lines) => (lines[2] = edit(lines[2]!, (event) => delete event.metadata['actor'])),
    ],
    ['a member twice', 'NOT_JSON', (lines) => (lines[2] = lines[2]!.replace('"rung":null', '"rung":1,"rung":null'))],
    [
      'a number in another form',
      'NOT_JSON',
      (lines) => (lines[2] = lines[2]!.replace('"schemaVersion":1', '"schemaVersion":1.0')),
    ],
    ['a fraction', 'NOT_CANONICAL', (lines) => (lines[2] = edit(lines[2]!, (event) => (event.data['rung'] = 1.5)))],
    [
      'half a character',
      'NOT_CANONICAL',
      (lines) => (lines[2] = edit(lines[2]!, (event) => (event.data['reference'] = '\ud800'))),
    ],
    [
      'another community',
      'NOT_AN_EVENT',
      (lines) => (lines[2] = edit(lines[2]!, (event) => (event.metadata['communityId'] = 'other'))),
    ],
    ['a wrong number of events', 'COUNT_WRONG', (lines) => (lines[8] = lines[8]!.replace('"events":8', '"events":7'))],
    ['a changed head', 'HEADS_WRONG', (lines) => (lines[8] = lines[8]!.replace(/"hash":"..../, '"hash":"0000'))],
  ])('finds %s', async (_name, code, change) => {
    await expectFault(changed(change), code);
  });

  it('finds bytes that are not UTF-8', async () => {
    await expectFault(
      Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xff, 0xfe]), Buffer.from('"}\n')]),
      'NOT_UTF8',
    );
  });

  it('finds a rewritten past by the heads of an earlier export', async () => {
    const events = sampleEvents(4);
    const earlier = exportText(events.slice(0, 4));
    // Another past, whole in itself: every hash and chain holds.
    const other = sampleEvents(4, 'yinghu').map((event) => structuredClone(event));
    const hashes = new Map<string, unknown>();
    for (const event of other) {
      event.data['reference'] = 'rewritten';
      if (hashes.has(event.stream)) event.metadata['prevHash'] = hashes.get(event.stream);
      rehash(event);
      hashes.set(event.stream, event.metadata['hash']);
    }
    expect((await verify(exportText(other))).status).toBe(0);
    await expectFault(exportText(other), 'PAST_REWRITTEN', earlier);
    await expectFault(exportText(events.slice(0, 3)), 'PAST_LOST', earlier);
    await expectFault(exportText(events.filter(({ stream }) => stream.endsWith('A1'))), 'PAST_LOST', earlier);
    const { digest: _digest, ...withoutDigest } = JSON.parse(lastLine(events.slice(0, 4))) as { digest: string };
    await expectFault(exportText(other), 'PAST_REWRITTEN', JSON.stringify(withoutDigest));
  });

  it('ends with 2 for a wrong call and for files that are not there', async () => {
    const script = join(ROOT, 'tools', 'verify-export.mjs');
    for (const args of [
      [],
      ['a', 'b'],
      ['/nowhere'],
      [fileOf(exportText([])), '--heads'],
      [fileOf(''), '--heads', fileOf('{}')],
    ]) {
      const { status, stderr } = await start(process.execPath, [script, ...args]).ended;
      expect([status, stderr.startsWith('verify-export: ')]).toEqual([2, true]);
    }
  });
});
