export { type Caller, MoneyInput } from './account-command.js';
export {
  AssessFeeCommand,
  AssessFeeInput,
  FeeTariffInput,
  LateFeeRuleInput,
  PeriodInput,
} from './assess-fee.handler.js';
export { AssessLateFeeCommand, AssessLateFeeInput } from './assess-late-fee.handler.js';
export { LiftHoldCommand, LiftHoldInput } from './lift-hold.handler.js';
export { OpenAccountCommand, OpenAccountInput } from './open-account.handler.js';
export { OpenDisputeCommand, OpenDisputeInput } from './open-dispute.handler.js';
export { PlaceHoldCommand, PlaceHoldInput } from './place-hold.handler.js';
export { ProgressDisputeCommand, ProgressDisputeInput } from './progress-dispute.handler.js';
export { ReceivePaymentCommand, ReceivePaymentInput } from './receive-payment.handler.js';
export { ReverseFeeCommand, ReverseFeeInput } from './reverse-fee.handler.js';
export { ReversePaymentCommand, ReversePaymentInput } from './reverse-payment.handler.js';
