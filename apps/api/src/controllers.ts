import type { Type } from '@nestjs/common';
import { HealthController } from './operations/health.controller.js';
import { MetricsController } from './operations/metrics.controller.js';
import { OpenApiController } from './openapi/openapi.controller.js';
import { portfolioControllers } from './portfolio/controllers.js';
import { accountControllers } from './receivables/controllers.js';
import { reportControllers } from './reports/controllers.js';
import { caseControllers } from './service-desk/controllers.js';

/** Use cases by the part of the work that they belong to, in the order in which their examples work one after the other. */
export const USE_CASES: Readonly<Record<string, readonly Type[]>> = {
  portfolio: portfolioControllers,
  accounts: accountControllers,
  cases: caseControllers,
  reports: reportControllers,
};

export const OPERATIONS: readonly Type[] = [HealthController, MetricsController, OpenApiController];
