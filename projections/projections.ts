import type { Projection } from '#libs/projection-engine';
import { arrearsAccountsProjection } from './arrears-accounts/arrears-accounts.projection.js';
import { arrearsAgingProjection } from './arrears-aging/arrears-aging.projection.js';
import { arrearsTotalsProjection } from './arrears-totals/arrears-totals.projection.js';
import { auditTrailProjection } from './audit-trail/audit-trail.projection.js';
import { caseQueueProjection } from './case-queue/case-queue.projection.js';
import { caseTimersProjection } from './case-timers/case-timers.projection.js';
import { conservationProjection } from './conservation/conservation.projection.js';
import { ledgerProjection } from './ledger/ledger.projection.js';
import { partiesProjection } from './portfolio/parties.projection.js';
import { unitsProjection } from './portfolio/units.projection.js';
import { serviceQualityProjection } from './service-quality/service-quality.projection.js';

/** Every read model of the project: what a drain folds, what `estate verify` rebuilds. */
export const projections: readonly Projection[] = [
  ledgerProjection,
  arrearsAgingProjection,
  arrearsAccountsProjection,
  arrearsTotalsProjection,
  auditTrailProjection,
  serviceQualityProjection,
  caseQueueProjection,
  caseTimersProjection,
  conservationProjection,
  unitsProjection,
  partiesProjection,
];
