import { Controller } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { RecordLegalReferralCommand, RecordLegalReferralInput } from '#libs/collections/nest';
import type { Caller } from '#libs/receivables/nest';
import { CommandRoute } from '../http/operation.js';
import { CallerOf, Input } from '../http/parameters.js';

@Controller('communities/:communityId/accounts/:accountId/legal-referrals')
export class RecordLegalReferralController {
  constructor(private readonly bus: CommandBus) {}

  @CommandRoute({
    operation: 'recordLegalReferral',
    summary: 'Approves the referral of items to legal review that somebody else proposed (D12, D15)',
    input: RecordLegalReferralInput,
    ifMatch: true,
    example: { proposedBy: 'collector-1', itemIds: ['1'], reference: 'L-1', effectiveOn: '2026-03-18' },
  })
  recordLegalReferral(@CallerOf() caller: Caller, @Input() input: RecordLegalReferralInput) {
    return this.bus.execute(new RecordLegalReferralCommand(caller, input));
  }
}
