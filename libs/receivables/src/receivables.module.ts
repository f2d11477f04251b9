import { Module } from '@nestjs/common';
import { CqrsModule } from '@nestjs/cqrs';
import { AccountCommands } from './application/account-command.js';
import { AssessFeeHandler } from './application/assess-fee.handler.js';
import { AssessLateFeeHandler } from './application/assess-late-fee.handler.js';
import { LiftHoldHandler } from './application/lift-hold.handler.js';
import { OpenAccountHandler } from './application/open-account.handler.js';
import { OpenDisputeHandler } from './application/open-dispute.handler.js';
import { PlaceHoldHandler } from './application/place-hold.handler.js';
import { ProgressDisputeHandler } from './application/progress-dispute.handler.js';
import { ReceivePaymentHandler } from './application/receive-payment.handler.js';
import { ReverseFeeHandler } from './application/reverse-fee.handler.js';
import { ReversePaymentHandler } from './application/reverse-payment.handler.js';

/** Command handlers of this context; wants the global EventStoreModule beside it. */
@Module({
  imports: [CqrsModule],
  providers: [
    AccountCommands,
    AssessFeeHandler,
    AssessLateFeeHandler,
    LiftHoldHandler,
    OpenAccountHandler,
    OpenDisputeHandler,
    PlaceHoldHandler,
    ProgressDisputeHandler,
    ReceivePaymentHandler,
    ReverseFeeHandler,
    ReversePaymentHandler,
  ],
})
export class ReceivablesModule {}
