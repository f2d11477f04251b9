export {
  arrearsAccountsProjection,
  type AccountArrearsDocument,
} from './arrears-accounts/arrears-accounts.projection.js';
export type { AgingBuckets } from './arrears-aging/aging-buckets.js';
export { arrearsAgingProjection, type ArrearsMovementDocument } from './arrears-aging/arrears-aging.projection.js';
export {
  ArrearsAgingReader,
  type AgingAccount,
  type AgingQuery,
  type AgingReport,
} from './arrears-aging/arrears-aging.reader.js';
export {
  arrearsTotalsProjection,
  type ArrearsTotalsDocument,
  type CommunityArrearsDocument,
  type DueMonthDocument,
} from './arrears-totals/arrears-totals.projection.js';
export {
  CurrentArrearsReader,
  type AccountPageQuery,
  type CurrentArrears,
  type CurrentArrearsQuery,
} from './arrears-totals/current-arrears.reader.js';
export { auditTrailProjection, type AuditEntryDocument } from './audit-trail/audit-trail.projection.js';
export { AuditTrailReader, type AuditEntry, type AuditQuery } from './audit-trail/audit-trail.reader.js';
export { caseQueueProjection, type QueuedCaseDocument } from './case-queue/case-queue.projection.js';
export { caseTimersProjection, type CaseTimersDocument } from './case-timers/case-timers.projection.js';
export { CaseTimersReader, type TimerQuery } from './case-timers/case-timers.reader.js';
export {
  CaseQueueReader,
  type PastQueueQuery,
  type QueuedCase,
  type QueuePlace,
  type QueueQuery,
} from './case-queue/case-queue.reader.js';
export { checkAtStart } from './check-at-start.js';
export { ConservationReader, type BrokenIdentity } from './conservation/conservation.reader.js';
export { conservationProjection, type MonitorDocument } from './conservation/conservation.projection.js';
export type { Cut } from './cut.js';
export { EVENT_TYPES } from './event-types.js';
export { projections } from './projections.js';
export { queryIndexes } from './query-indexes.js';
export { checkIdentities, type IdentityOptions } from './identities/identities.js';
export type { IdentityResult } from './identities/violations.js';
export { ledgerProjection, type LedgerLineDocument } from './ledger/ledger.projection.js';
export {
  LedgerReader,
  type LedgerLine,
  type LedgerPlace,
  type LedgerQuery,
  type LedgerReport,
} from './ledger/ledger.reader.js';
export { partiesProjection, type PartyDocument } from './portfolio/parties.projection.js';
export { PortfolioReader, type PortfolioQuery } from './portfolio/portfolio.reader.js';
export { unitsProjection, type OccupancyEntry, type UnitDocument } from './portfolio/units.projection.js';
export { serviceQualityProjection, type CaseFactDocument } from './service-quality/service-quality.projection.js';
export {
  ServiceQualityReader,
  type ServiceCase,
  type ServiceDimension,
  type ServiceQuery,
  type ServiceSlice,
} from './service-quality/service-quality.reader.js';
