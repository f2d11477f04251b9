import { Controller } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { SendReminderCommand, SendReminderInput } from '#libs/collections/nest';
import type { Caller } from '#libs/receivables/nest';
import { CommandRoute } from '../http/operation.js';
import { CallerOf, Input } from '../http/parameters.js';

@Controller('communities/:communityId/accounts/:accountId/reminders')
export class SendReminderController {
  constructor(private readonly bus: CommandBus) {}

  @CommandRoute({
    operation: 'sendReminder',
    summary: 'Records that a reminder was sent on a rung of the ladder (D9)',
    input: SendReminderInput,
    ifMatch: true,
    example: { rung: '+1', channel: 'sms', itemIds: ['1'], reference: 'N-1', effectiveOn: '2026-02-06' },
  })
  sendReminder(@CallerOf() caller: Caller, @Input() input: SendReminderInput) {
    return this.bus.execute(new SendReminderCommand(caller, input));
  }
}
