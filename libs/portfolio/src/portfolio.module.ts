import { Module } from '@nestjs/common';
import { CqrsModule } from '@nestjs/cqrs';
import { ChangePartyDetailsHandler } from './application/change-party-details.handler.js';
import { EndOccupancyHandler } from './application/end-occupancy.handler.js';
import { ErasePartyHandler } from './application/erase-party.handler.js';
import { KnownPortfolio } from './application/known-portfolio.js';
import { PersonalDetails } from './application/personal-details.js';
import { RegisterCommunityHandler } from './application/register-community.handler.js';
import { RegisterPartyHandler } from './application/register-party.handler.js';
import { RegisterUnitHandler } from './application/register-unit.handler.js';
import { StartOccupancyHandler } from './application/start-occupancy.handler.js';

/** Command handlers of this context; wants the global EventStoreModule beside it, with a vault for parties. */
@Module({
  imports: [CqrsModule],
  providers: [
    ChangePartyDetailsHandler,
    EndOccupancyHandler,
    ErasePartyHandler,
    KnownPortfolio,
    PersonalDetails,
    RegisterCommunityHandler,
    RegisterPartyHandler,
    RegisterUnitHandler,
    StartOccupancyHandler,
  ],
})
export class PortfolioModule {}
