export { EndOccupancyCommand, EndOccupancyInput } from './end-occupancy.handler.js';
export type { Caller } from './portfolio-command.js';
export { RegisterCommunityCommand, RegisterCommunityInput } from './register-community.handler.js';
export { RegisterUnitCommand, RegisterUnitInput } from './register-unit.handler.js';
export { StartOccupancyCommand, StartOccupancyInput } from './start-occupancy.handler.js';
