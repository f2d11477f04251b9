/** The kinds of case. They share all code; each has streams and event names of its own (domain.md §5). */
export const CASE_KINDS = ['complaint', 'request', 'dispute', 'suggestion', 'incident'] as const;
export type CaseKind = (typeof CASE_KINDS)[number];

/** What can happen to a case, in the words that event names end with. */
export const CASE_ACTIONS = [
  'Opened',
  'Acknowledged',
  'Accepted',
  'Assigned',
  'Answered',
  'Escalated',
  'Resolved',
  'Verified',
  'Reopened',
  'Closed',
  'Withdrawn',
  'Rejected',
  'MarkedDuplicate',
] as const;
export type NamedAction = (typeof CASE_ACTIONS)[number];

/** Facts that have the same name whatever the kind. */
export const COMMON_ACTIONS = [
  'ProgressReported',
  'ClockPaused',
  'ClockResumed',
  'DeadlineProjected',
  'MilestoneBreached',
] as const;
export type CommonAction = (typeof COMMON_ACTIONS)[number];

export type CaseAction = NamedAction | CommonAction;
export type CaseEventType = `${Capitalize<CaseKind>}${NamedAction}` | CommonAction;

const TYPES: ReadonlyMap<string, CaseAction> = new Map<string, CaseAction>([
  ...CASE_KINDS.flatMap((kind) => CASE_ACTIONS.map((action) => [eventType(kind, action), action] as const)),
  ...COMMON_ACTIONS.map((action) => [action, action] as const),
]);

/** All event types of all kinds, for readers of the log. */
export const CASE_EVENT_TYPES = [...TYPES.keys()] as readonly CaseEventType[];

/** `ComplaintOpened`, `IncidentClosed`, `ClockPaused` … */
export function eventType(kind: CaseKind, action: CaseAction): CaseEventType {
  if (isCommon(action)) return action;
  return `${kind[0]!.toUpperCase()}${kind.slice(1)}${action}` as CaseEventType;
}

/** What an event of a case says; undefined for a type of another context. */
export function actionOf(type: string): CaseAction | undefined {
  return TYPES.get(type);
}

/** The kind of case that a stream's category holds; undefined for streams of other contexts. */
export function kindOfCategory(category: string): CaseKind | undefined {
  return CASE_KINDS.find((kind) => kind === category);
}

function isCommon(action: CaseAction): action is CommonAction {
  return (COMMON_ACTIONS as readonly string[]).includes(action);
}
