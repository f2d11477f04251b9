import { AssessFeeController } from './assess-fee.controller.js';
import { AssessLateFeeController } from './assess-late-fee.controller.js';
import { GetAccountController } from './get-account.controller.js';
import { LiftHoldController } from './lift-hold.controller.js';
import { OpenAccountController } from './open-account.controller.js';
import { OpenDisputeController } from './open-dispute.controller.js';
import { PlaceHoldController } from './place-hold.controller.js';
import { ProgressDisputeController } from './progress-dispute.controller.js';
import { ReceivePaymentController } from './receive-payment.controller.js';
import { ReverseFeeController } from './reverse-fee.controller.js';
import { ReversePaymentController } from './reverse-payment.controller.js';
import { RecordLegalReferralController } from '../collections/record-legal-referral.controller.js';
import { SendReminderController } from '../collections/send-reminder.controller.js';

/** Accounts, with what collections does to them: in the order in which the examples work one after the other. */
export const accountControllers = [
  OpenAccountController,
  AssessFeeController,
  SendReminderController,
  AssessLateFeeController,
  ReceivePaymentController,
  PlaceHoldController,
  LiftHoldController,
  RecordLegalReferralController,
  OpenDisputeController,
  ProgressDisputeController,
  ReversePaymentController,
  ReverseFeeController,
  GetAccountController,
];
