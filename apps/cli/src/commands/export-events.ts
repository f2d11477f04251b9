import { createHash } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { StoredEvent } from '#libs/event-store';
import { DomainError } from '#libs/kernel';
import { findCommunity } from '../books.js';
import { writeTo } from '../io/output.js';
import { progressBar } from '../io/progress.js';
import type { CommandRun } from '../session.js';
import { storedEvents } from '../stored-events.js';

export interface ExportOptions {
  readonly community: string;
  readonly out?: string;
}

/** Lines are handed on in blocks of about so many characters. */
const BLOCK = 256 * 1024;

interface Totals {
  events: number;
  readonly heads: Record<string, { readonly revision: string; readonly hash: string }>;
  /** SHA-256 over the events' hashes in the order of the file. */
  digest: string;
}

function eventLine({ stream, revision, id, type, data, metadata }: StoredEvent): string {
  return JSON.stringify({ stream, revision: revision.toString(), id, type, data, metadata });
}

/** Writes an export (docs/export-format.md) in blocks; returns what its last line says. */
async function writeExport(
  events: AsyncIterable<StoredEvent>,
  write: (text: string) => Promise<void>,
): Promise<Totals> {
  const totals: Totals = { events: 0, heads: {}, digest: '' };
  const order = createHash('sha256');
  let block = '';
  for await (const event of events) {
    totals.events += 1;
    totals.heads[event.stream] = { revision: event.revision.toString(), hash: event.metadata.hash };
    order.update(event.metadata.hash);
    block += `${eventLine(event)}\n`;
    if (block.length < BLOCK) continue;
    await write(block);
    block = '';
  }
  totals.digest = order.digest('hex');
  await write(`${block}${JSON.stringify(totals)}\n`);
  return totals;
}

/** The file appears under its name when it is whole and on disk. */
async function writeFileWhole(
  path: string,
  work: (write: (text: string) => Promise<void>) => Promise<Totals>,
): Promise<Totals> {
  const temporary = `${path}.${process.pid}.tmp`;
  const file = await open(temporary, 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
    throw new DomainError('OUT_INVALID', `cannot write into ${dirname(path)}: ${error.code}`);
  });
  try {
    const totals = await work((text) => file.appendFile(text));
    await file.sync();
    await file.close();
    await rename(temporary, path);
    return totals;
  } catch (error) {
    await file.close().catch(() => undefined);
    await rm(temporary, { force: true });
    throw error;
  }
}

/** `estate export events`: the stored form, enough to recompute every hash elsewhere. */
export const run: CommandRun<ExportOptions> = async (session, _args, options) => {
  const { out } = options;
  const path = out === undefined ? undefined : session.path(out);
  const totals = await session.withRuntime(async (runtime) => {
    const { communityId } = await findCommunity(runtime.eventStore, options.community);
    const upTo = await runtime.eventStore.headPosition();
    const bar = progressBar('export', 'positions');
    const events = (async function* () {
      for await (const event of storedEvents(runtime.eventStore, { communityId, upTo, signal: session.signal })) {
        bar.update(Number(event.position), Number(upTo));
        yield event;
      }
    })();
    const work = (write: (text: string) => Promise<void>): Promise<Totals> => writeExport(events, write);
    const written = await (path === undefined
      ? work((text) => writeTo(process.stdout, text))
      : writeFileWhole(path, work));
    bar.end();
    return written;
  });
  if (path === undefined) return;
  const { events, heads, digest } = totals;
  const streams = Object.keys(heads).length;
  const told = { file: path, events, streams, digest };
  await session.answer.line(
    session.json ? JSON.stringify(told) : `${events} events of ${streams} streams written to ${path}`,
  );
};
