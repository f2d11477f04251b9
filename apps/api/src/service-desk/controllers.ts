import { AcceptCaseController } from './accept-case.controller.js';
import { AcknowledgeCaseController } from './acknowledge-case.controller.js';
import { AnswerCaseController } from './answer-case.controller.js';
import { AssignCaseController } from './assign-case.controller.js';
import { AwaitCustomerController } from './await-customer.controller.js';
import { CloseCaseController } from './close-case.controller.js';
import { EscalateCaseController } from './escalate-case.controller.js';
import { GetCaseController } from './get-case.controller.js';
import { GetCaseTextsController } from './get-case-texts.controller.js';
import { MarkDuplicateCaseController } from './mark-duplicate-case.controller.js';
import { OpenCaseController } from './open-case.controller.js';
import { RejectCaseController } from './reject-case.controller.js';
import { ReopenCaseController } from './reopen-case.controller.js';
import { ReportProgressController } from './report-progress.controller.js';
import { ResolveCaseController } from './resolve-case.controller.js';
import { ResumeCaseController } from './resume-case.controller.js';
import { VerifyCaseController } from './verify-case.controller.js';
import { WithdrawCaseController } from './withdraw-case.controller.js';

/** In the order in which the examples work one after the other. */
export const caseControllers = [
  OpenCaseController,
  AcknowledgeCaseController,
  AcceptCaseController,
  AssignCaseController,
  ReportProgressController,
  AnswerCaseController,
  AwaitCustomerController,
  ResumeCaseController,
  EscalateCaseController,
  ResolveCaseController,
  VerifyCaseController,
  CloseCaseController,
  ReopenCaseController,
  WithdrawCaseController,
  RejectCaseController,
  MarkDuplicateCaseController,
  GetCaseController,
  GetCaseTextsController,
];
