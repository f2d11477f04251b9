/** The commands of this context and the module of their handlers; apart from the index, so that a program without Nest does not load it. */
export { SendReminderCommand, SendReminderInput } from './application/send-reminder.handler.js';
export { RecordLegalReferralCommand, RecordLegalReferralInput } from './application/record-legal-referral.handler.js';
export { CollectionsModule } from './collections.module.js';
