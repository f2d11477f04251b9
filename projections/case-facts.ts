import type { ProjectedEvent } from '#libs/projection-engine';
import { CASE_EVENT_TYPES, factOf, kindOfCategory, type CaseFact } from '#libs/service-desk';

/** Types of the service desk; some of them (DisputeOpened) are also facts of accounts, in other streams. */
export const CASE_TYPES: readonly string[] = CASE_EVENT_TYPES;

/** The event as a fact of a case; undefined in streams of other contexts, whatever its type. */
export function caseFactOf(event: ProjectedEvent): CaseFact | undefined {
  if (!kindOfCategory(event.category)) return undefined;
  return factOf({ type: event.type, occurredAt: event.metadata.occurredAt, data: event.data });
}
