import { DomainError } from '#libs/kernel';
import type { ParkedEntry, ReadStore } from '#libs/read-store';
import { tableLines, type Column } from '../io/table.js';
import { carryOut } from '../read-models.js';
import type { CommandRun, Session } from '../session.js';

export interface ParkedOptions {
  readonly all?: boolean;
  readonly reason?: string;
}

/** A parked event as it is shown; positions and revisions as decimal strings. */
type ParkedRow = Omit<ParkedEntry, '_id' | 'position' | 'revision' | 'head' | 'discard' | 'fence'> & {
  readonly id: string;
  readonly position: string;
  readonly revision: string;
  /** 'failed', or 'waiting' behind one that has. */
  readonly state: 'failed' | 'waiting';
  /** Events of its sequence that wait, itself included. */
  readonly waiting: number;
};

interface Sequences {
  readonly sequences: readonly {
    readonly id: string;
    readonly key: string;
    readonly folded: number;
    readonly parked: { readonly id: string; readonly cause: string } | null;
  }[];
}

async function rowOf(parked: ParkedEntry, store: ReadStore): Promise<ParkedRow> {
  const { _id, position, revision, head, discard: _discard, fence: _fence, ...entry } = parked;
  const waiting = await store.parked.countSequence(entry);
  const state = head ? 'failed' : 'waiting';
  return { id: _id, ...entry, position: position.toString(), revision: revision.toString(), state, waiting };
}

/** `estate parked list`: events that could not be folded, in order of position. */
export const list: CommandRun<ParkedOptions> = (session) =>
  session.withRuntime(async ({ readStore }) => {
    const rows: ParkedRow[] = [];
    for await (const entry of readStore.parked.listHeads()) rows.push(await rowOf(entry, readStore));
    if (session.json) await session.answer.line(JSON.stringify({ parked: rows }));
    else await printList(session, rows);
  });

async function printList({ answer }: Session, rows: readonly ParkedRow[]): Promise<void> {
  if (rows.length === 0) return answer.line('nothing is parked');
  const columns: Column<ParkedRow>[] = [
    { title: 'id', value: ({ id }) => id },
    { title: 'event', value: ({ type, stream, revision }) => `${type} ${stream}@${revision}` },
    { title: 'stands still', value: ({ scope, key }) => `${scope} ${key}` },
    { title: 'waiting', value: ({ waiting }) => String(waiting), alignRight: true },
    { title: 'cause', value: ({ cause }) => (cause ?? '').slice(0, 80) },
  ];
  for (const line of tableLines(columns, rows)) await answer.line(line);
}

/** `estate parked show ID`: one of them with its stack. */
export const show: CommandRun<ParkedOptions> = (session, [id]) =>
  session.withRuntime(async ({ readStore }) => {
    const entry = await readStore.parked.find(id!);
    if (!entry) throw new DomainError('PARKED_EVENT_NOT_FOUND', `there is no parked event ${id}`);
    const row = await rowOf(entry, readStore);
    if (session.json) return session.answer.line(JSON.stringify(row));
    const { stack, ...fields } = row;
    for (const [name, value] of Object.entries(fields)) await session.answer.line(`${name}: ${value}`);
    return session.answer.line(stack ?? '');
  });

/** `estate parked retry [ID|--all]`: one sequence, or all; status 1 when something stands still afterwards. */
export const retry: CommandRun<ParkedOptions> = async (session, [id], { all }) => {
  if (id !== undefined && all === true)
    throw new DomainError('USAGE_INVALID', 'parked retry takes the id of a parked event or --all, not both');
  const result = await session.withRuntime((runtime) => carryOut(session, runtime, 'retry', { id: id ?? null }));
  return answerSequences(session, result as Sequences);
};

/** `estate parked discard ID --reason TEXT`: leaves the event out, and folds what waits behind it. */
export const discard: CommandRun<ParkedOptions> = async (session, [id], { reason }) => {
  const args = { id: id!, reason: reason ?? '' };
  const result = await session.withRuntime((runtime) => carryOut(session, runtime, 'discard', args));
  return answerSequences(session, { sequences: [result as Sequences['sequences'][number]] });
};

async function answerSequences({ json, answer }: Session, result: Sequences): Promise<number> {
  if (json) await answer.line(JSON.stringify(result));
  else if (result.sequences.length === 0) await answer.line('nothing is parked');
  else
    for (const { key, folded, parked } of result.sequences) {
      const rest = parked ? `stands still before ${parked.id}: ${parked.cause}` : 'is whole again';
      await answer.line(`${key}: ${folded} events done, ${rest}`);
    }
  return result.sequences.some(({ parked }) => parked) ? 1 : 0;
}
