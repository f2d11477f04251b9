import { GetArrearsController } from './get-arrears.controller.js';
import { GetAuditTrailController } from './get-audit-trail.controller.js';
import { GetLedgerController } from './get-ledger.controller.js';
import { GetServiceFiguresController } from './get-service-figures.controller.js';
import { ListArrearsAccountsController } from './list-arrears-accounts.controller.js';
import { ListCasesController } from './list-cases.controller.js';

export const reportControllers = [
  GetLedgerController,
  GetArrearsController,
  ListArrearsAccountsController,
  ListCasesController,
  GetServiceFiguresController,
  GetAuditTrailController,
];
