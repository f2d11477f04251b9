export * from './domain/collection.events.js';
export type { CollectionErrorCode } from './domain/collection.errors.js';
export {
  dueReminders,
  recordHistoryReferral,
  recordHistoryReminder,
  recordLegalReferral,
  sendReminder,
  type DecisionContext,
  type RecordLegalReferral,
  type SendReminder,
} from './domain/collection.decisions.js';
export {
  collectionDecider,
  describeCollection,
  type CollectionItem,
  type CollectionState,
} from './domain/collection.state.js';
export { LEGAL_REVIEW_FROM_DAY, REMINDER_LADDER, type Channel, type Rung } from './domain/ladder.js';
