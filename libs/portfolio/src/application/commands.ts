export { ChangePartyDetailsCommand, ChangePartyDetailsInput } from './change-party-details.handler.js';
export { EndOccupancyCommand, EndOccupancyInput } from './end-occupancy.handler.js';
export { ErasePartyCommand, ErasePartyInput } from './erase-party.handler.js';
export { PartyDetailsInput } from './personal-details.js';
export type { Caller } from './portfolio-command.js';
export { RegisterCommunityCommand, RegisterCommunityInput } from './register-community.handler.js';
export { RegisterPartyCommand, RegisterPartyInput } from './register-party.handler.js';
export { RegisterUnitCommand, RegisterUnitInput } from './register-unit.handler.js';
export { StartOccupancyCommand, StartOccupancyInput } from './start-occupancy.handler.js';
