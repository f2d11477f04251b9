import { Controller } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { IsOptional, IsString, Matches } from 'class-validator';
import { OpenAccountCommand, type Caller } from '#libs/receivables/nest';
import type { RequestFacts } from '../http/http-types.js';
import { CommandRoute } from '../http/operation.js';
import { CallerOf, Facts, Input } from '../http/parameters.js';

/** Currency and time zone are the community's. */
export class OpenAccountRequest {
  @IsString()
  accountId!: string;

  @IsOptional()
  @Matches(/^\d{4}-\d{2}-\d{2}$/)
  effectiveOn?: string;
}

@Controller('communities/:communityId/accounts')
export class OpenAccountController {
  constructor(private readonly bus: CommandBus) {}

  @CommandRoute({
    operation: 'openAccount',
    summary: 'Opens an account in the currency of its community',
    input: OpenAccountRequest,
    example: { accountId: 'B1/0101', effectiveOn: '2026-01-01' },
  })
  openAccount(@CallerOf() caller: Caller, @Facts() facts: RequestFacts, @Input() input: OpenAccountRequest) {
    const { currency, timeZone } = facts;
    return this.bus.execute(new OpenAccountCommand(caller, { ...input, currency, timeZone }));
  }
}
