export * from './domain/account.events.js';
export type { AccountErrorCode } from './domain/account.errors.js';
export type { AccountState, Allocation, Hold, Item, OpenAccount, Payment } from './domain/account.state.js';
export { accountDecider } from './domain/account.evolve.js';
export {
  assessFee,
  DEFAULT_LATE_FEE,
  openAccount,
  receivePayment,
  type AssessFee,
  type ReceivePayment,
} from './domain/account.decisions.js';
export { ALLOCATION_POLICY } from './domain/allocation.js';
export type { DecisionContext } from './domain/decision-support.js';
export { assessLateFee, type AssessLateFee } from './domain/late-fee.decisions.js';
export { reverseFee, reversePayment, type ReverseFee, type ReversePayment } from './domain/reversal.decisions.js';
export {
  liftHold,
  openDispute,
  placeHold,
  progressDispute,
  type LiftHold,
  type OpenDispute,
  type PlaceHold,
  type ProgressDispute,
} from './domain/hold.decisions.js';
export {
  openForHistory,
  recordHistoryLine,
  type HistoryContext,
  type HistoryLine,
} from './domain/history.decisions.js';
export { postingsOf, type LedgerAccount, type Posting } from './domain/postings.js';
export { describeAccount } from './domain/describe-account.js';
