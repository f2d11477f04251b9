export {
  communityDecider,
  DEFAULT_CURRENCY,
  DEFAULT_TIME_ZONE,
  registerCommunity,
  requireCommunity,
  type CommunityEvent,
  type CommunityState,
  type RegisterCommunity,
  type RegisteredCommunity,
} from './domain/community.js';
export type { DecisionContext } from './domain/decision-context.js';
export {
  changePartyDetails,
  eraseParty,
  partyDecider,
  registerParty,
  requireParty,
  type ChangePartyDetails,
  type Envelope,
  type PartyEvent,
  type PartyKind,
  type PartyState,
  type RegisterParty,
} from './domain/party.js';
export type { PortfolioErrorCode } from './domain/portfolio.errors.js';
export {
  endOccupancy,
  registerUnit,
  startOccupancy,
  type EndOccupancy,
  type RegisterUnit,
  type StartOccupancy,
} from './domain/unit.decisions.js';
export type { OccupancyRole, UnitEvent, UnitUse } from './domain/unit.events.js';
export { unitDecider, type Occupancy, type UnitState } from './domain/unit.state.js';
