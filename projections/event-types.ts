import { COLLECTION_EVENT_TYPES } from '#libs/collections';
import { NUMBER_EVENT_TYPES } from '#libs/event-store';
import { OPERATION_EVENT_TYPES } from '#libs/operations';
import { communityDecider, partyDecider, unitDecider } from '#libs/portfolio';
import { ACCOUNT_EVENT_TYPES } from '#libs/receivables';
import { CASE_EVENT_TYPES } from '#libs/service-desk';

/** Attempts that were refused, recorded by the API itself. */
const SECURITY_EVENT_TYPES = ['AttemptRefused'];

/** Every type that some context of this program records. A projection that waits for another one waits for ever: a slip of the pen. */
export const EVENT_TYPES: ReadonlySet<string> = new Set<string>([
  ...ACCOUNT_EVENT_TYPES,
  ...COLLECTION_EVENT_TYPES,
  ...CASE_EVENT_TYPES,
  ...communityDecider.handles,
  ...unitDecider.handles,
  ...partyDecider.handles,
  ...NUMBER_EVENT_TYPES,
  ...OPERATION_EVENT_TYPES,
  ...SECURITY_EVENT_TYPES,
]);
