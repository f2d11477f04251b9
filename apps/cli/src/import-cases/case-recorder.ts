import type { BulkStream, CommandContext } from '#libs/event-store';
import { commandIdOf } from '#libs/kernel';
import type { Actor, NewEvent } from '#libs/kernel';
import { recordCaseLine } from '#libs/service-desk';
import type { CaseKind, CaseState, Envelope, Surroundings } from '#libs/service-desk';
import type { ImportTally } from '../import-history/import-report.js';
import { LineRecorder } from '../import-history/line-recorder.js';
import type { LineDecision } from '../import-history/line-recorder.js';
import { CASE_CODEC } from './case-row.js';
import type { CaseRow } from './case-row.js';

export type CaseStream = BulkStream<CaseState, NewEvent>;

export interface CaseRecorderOptions {
  readonly communityId: string;
  readonly around: Surroundings;
  readonly open: (caseId: string) => Promise<CaseStream>;
  /** Seals what identifies the customer under the key of the case; null when that key has been destroyed. */
  readonly seal: (caseId: string, customer: string) => Promise<Envelope | null>;
  readonly tally: ImportTally;
  readonly signal?: AbortSignal;
  readonly onProgress?: (lines: number) => void;
}

/** A log does not say what kind its cases are. */
export const IMPORTED_KIND: CaseKind = 'complaint';
const IMPORTER: Actor = { id: 'import', role: 'import' };
export const CASE_SOURCE = 'import-cases';

/** Records the sorted lines of a help-desk log as facts of their cases. */
export function caseRecorder(options: CaseRecorderOptions): LineRecorder<CaseRow, CaseState> {
  const { communityId, tally, signal, onProgress } = options;
  return new LineRecorder<CaseRow, CaseState>({
    ...{ tally, codec: CASE_CODEC, open: options.open },
    ...(signal && { signal }),
    ...(onProgress && { onProgress }),
    lineNumber: ({ line }) => line,
    contextOf: (row, ordinal) => contextOf(row, ordinal, communityId),
    decisionOf: (row, state, previous) => decisionOf(row, state, previous, options),
  });
}

/** The command of a line: its id says which line of which community it is, so that the same line again changes nothing. */
function contextOf({ fields }: CaseRow, ordinal: number, communityId: string): CommandContext {
  const key = [...fields, ordinal];
  return { commandId: commandIdOf(communityId, CASE_SOURCE, key), input: key, actor: IMPORTER, communityId };
}

/** The customer is sealed with the opening, and again where a line names another one than the line before it. */
function decisionOf(
  row: CaseRow,
  state: CaseState,
  previous: CaseRow | undefined,
  { seal, around }: CaseRecorderOptions,
): LineDecision<CaseState> | Promise<LineDecision<CaseState>> {
  const customer = row.fields[6];
  const isKnown = previous === undefined ? state.status !== 'NotOpened' : previous.fields[6] === customer;
  if (isKnown || customer === '') return decide(row, null, around);
  return seal(row.caseId, customer).then((envelope) => decide(row, envelope, around));
}

function decide(row: CaseRow, customer: Envelope | null, around: Surroundings): LineDecision<CaseState> {
  const { caseId, at, fields } = row;
  const [, , activity, severity, agent, team] = fields;
  const line = { caseId, at, activity, severity: severity || null, agent: agent || null, team: team || null, customer };
  return (state) => recordCaseLine(state, line, IMPORTED_KIND, around);
}
