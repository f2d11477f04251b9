import { Module } from '@nestjs/common';
import { CqrsModule } from '@nestjs/cqrs';
import { CollectionCommands } from './application/collection-command.js';
import { RecordLegalReferralHandler } from './application/record-legal-referral.handler.js';
import { SendReminderHandler } from './application/send-reminder.handler.js';

/** Command handlers of this context; wants the global EventStoreModule beside it. */
@Module({
  imports: [CqrsModule],
  providers: [CollectionCommands, SendReminderHandler, RecordLegalReferralHandler],
})
export class CollectionsModule {}
