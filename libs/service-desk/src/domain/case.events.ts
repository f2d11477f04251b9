import type { Instant, NewEvent } from '#libs/kernel';
import type { CaseAction, CaseEventType, CaseKind } from './case-kind.js';
import type { CompletionDeadline, Deadlines, Milestone, PromisedBy, ServicePolicy } from './service-policy.js';

/** Personal data or free text, sealed under the case's key; unreadable once that key is destroyed (architecture.md §3). */
export interface Envelope {
  readonly kid: string;
  readonly iv: string;
  readonly ct: string;
  readonly tag: string;
}

export const CHANNELS = ['phone', 'email', 'face-to-face', 'online'] as const;
export type Channel = (typeof CHANNELS)[number];

/** Rungs that a dispute climbs (R1.4). */
export const RUNGS = ['owners-assembly', 'housing-authority', 'court'] as const;
export type Rung = (typeof RUNGS)[number];

/**
 * In every event of a case, as it stands after the event: what a read model needs to place the event without loading
 * anything. `agent` did it; `handler` is the person named for the case; `activity` is an imported line's own word;
 * `milestones` are the deadlines.
 */
export interface CaseHeader {
  readonly caseId: string;
  readonly kind: CaseKind;
  readonly openedAt: Instant;
  readonly severity: string | null;
  readonly team: string | null;
  readonly handler: string | null;
  readonly agent: string | null;
  readonly activity: string | null;
  readonly milestones: PromisedBy;
}

/** What each event says beyond the header. */
export interface CaseDetails {
  Opened: {
    readonly timeZone: string;
    /** Id of the work calendar, as `CN`. */
    readonly calendar: string;
    readonly policy: ServicePolicy;
    readonly deadlines: Deadlines;
    readonly channel: Channel | null;
    readonly unitId: string | null;
    readonly customer: Envelope | null;
    readonly text: Envelope | null;
  };
  Acknowledged: object;
  Accepted: object;
  Assigned: object;
  /** `first`: it meets or misses the milestone; later answers do not. */
  Answered: {
    readonly by: 'reply' | 'question' | 'resolution' | 'closing';
    readonly first: boolean;
    readonly text: Envelope | null;
  };
  Escalated: { readonly rung: Rung | null; readonly text: Envelope | null };
  Resolved: { readonly text: Envelope | null };
  Verified: { readonly text: Envelope | null };
  Reopened: { readonly from: 'Resolved' | 'Closed'; readonly text: Envelope | null };
  /** `completes`: closed without any resolution, which completes the case (D5). */
  Closed: { readonly completes: boolean; readonly text: Envelope | null };
  Withdrawn: { readonly text: Envelope | null };
  Rejected: { readonly text: Envelope | null };
  MarkedDuplicate: { readonly ofCaseId: string | null };
  ProgressReported: { readonly text: Envelope | null; readonly customer: Envelope | null };
  ClockPaused: { readonly text: Envelope | null };
  /** `complete` is the completion deadline from here on. */
  ClockResumed: { readonly pausedAt: Instant; readonly resumedAt: Instant; readonly complete: CompletionDeadline };
  DeadlineProjected: { readonly complete: CompletionDeadline; readonly previous: CompletionDeadline };
  MilestoneBreached: { readonly milestone: Milestone; readonly deadlineAt: Instant };
}

export type CaseData<Action extends CaseAction = CaseAction> = CaseHeader & CaseDetails[Action];
export type CaseEvent = NewEvent<CaseEventType, CaseData>;

/** An event read by its action, so that a switch over `action` knows the data. */
export type CaseFact = {
  [Action in CaseAction]: { readonly action: Action; readonly at: Instant; readonly data: CaseData<Action> };
}[CaseAction];
