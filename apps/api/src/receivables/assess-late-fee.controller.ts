import { Controller } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { AssessLateFeeCommand, AssessLateFeeInput, type Caller } from '#libs/receivables/nest';
import { CommandRoute } from '../http/operation.js';
import { CallerOf, Input } from '../http/parameters.js';

@Controller('communities/:communityId/accounts/:accountId/late-fees')
export class AssessLateFeeController {
  constructor(private readonly bus: CommandBus) {}

  @CommandRoute({
    operation: 'assessLateFee',
    summary: 'Charges the late fee of an item up to a day, that day included (D6)',
    input: AssessLateFeeInput,
    ifMatch: true,
    example: { forItemId: '1', effectiveOn: '2026-02-20', reference: 'LF-1' },
  })
  assessLateFee(@CallerOf() caller: Caller, @Input() input: AssessLateFeeInput) {
    return this.bus.execute(new AssessLateFeeCommand(caller, input));
  }
}
