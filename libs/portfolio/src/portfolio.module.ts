import { Module } from '@nestjs/common';
import { CqrsModule } from '@nestjs/cqrs';
import { EndOccupancyHandler } from './application/end-occupancy.handler.js';
import { KnownPortfolio } from './application/known-portfolio.js';
import { RegisterCommunityHandler } from './application/register-community.handler.js';
import { RegisterUnitHandler } from './application/register-unit.handler.js';
import { StartOccupancyHandler } from './application/start-occupancy.handler.js';

/** Command handlers of this context; wants the global EventStoreModule beside it. */
@Module({
  imports: [CqrsModule],
  providers: [
    EndOccupancyHandler,
    KnownPortfolio,
    RegisterCommunityHandler,
    RegisterUnitHandler,
    StartOccupancyHandler,
  ],
})
export class PortfolioModule {}
