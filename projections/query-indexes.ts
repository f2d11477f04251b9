import type { QueryIndex } from '#libs/projection-engine';
import { ACCOUNT_ORDER_INDEX, arrearsAgingProjection } from './arrears-aging/arrears-aging.projection.js';
import {
  auditTrailProjection,
  COMMUNITY_ORDER_INDEX,
  STREAM_ORDER_INDEX,
} from './audit-trail/audit-trail.projection.js';
import { caseQueueProjection, QUEUE_ORDER_INDEX, STATUS_INDEX } from './case-queue/case-queue.projection.js';
import { caseTimersProjection, PROVISIONAL_INDEX, TIMER_ORDER_INDEX } from './case-timers/case-timers.projection.js';
import { BROKEN_INDEX, conservationProjection } from './conservation/conservation.projection.js';
import { LEDGER_ORDER_INDEX, ledgerProjection } from './ledger/ledger.projection.js';
import { OPENING_ORDER_INDEX, serviceQualityProjection } from './service-quality/service-quality.projection.js';

/** What the readers sort and look up by: without one of these a page would read the whole collection. */
export const queryIndexes: readonly QueryIndex[] = [
  { projection: ledgerProjection, index: LEDGER_ORDER_INDEX },
  { projection: arrearsAgingProjection, index: ACCOUNT_ORDER_INDEX },
  { projection: auditTrailProjection, index: COMMUNITY_ORDER_INDEX },
  { projection: auditTrailProjection, index: STREAM_ORDER_INDEX },
  { projection: serviceQualityProjection, index: OPENING_ORDER_INDEX },
  { projection: caseQueueProjection, index: QUEUE_ORDER_INDEX },
  { projection: caseQueueProjection, index: STATUS_INDEX },
  { projection: caseTimersProjection, index: TIMER_ORDER_INDEX },
  { projection: caseTimersProjection, index: PROVISIONAL_INDEX },
  { projection: conservationProjection, index: BROKEN_INDEX },
];
