import { ChangePartyDetailsController } from './change-party-details.controller.js';
import { EndOccupancyController } from './end-occupancy.controller.js';
import { ErasePartyController } from './erase-party.controller.js';
import { GetCommunityController } from './get-community.controller.js';
import { GetPartyController } from './get-party.controller.js';
import { GetPartyDetailsController } from './get-party-details.controller.js';
import { GetUnitController } from './get-unit.controller.js';
import { ListCommunitiesController } from './list-communities.controller.js';
import { ListPartiesController } from './list-parties.controller.js';
import { ListUnitsController } from './list-units.controller.js';
import { RegisterCommunityController } from './register-community.controller.js';
import { RegisterPartyController } from './register-party.controller.js';
import { RegisterUnitController } from './register-unit.controller.js';
import { StartOccupancyController } from './start-occupancy.controller.js';

/** In the order in which the examples work one after the other. */
export const portfolioControllers = [
  RegisterCommunityController,
  ListCommunitiesController,
  GetCommunityController,
  RegisterUnitController,
  RegisterPartyController,
  ChangePartyDetailsController,
  StartOccupancyController,
  EndOccupancyController,
  GetUnitController,
  ListUnitsController,
  GetPartyController,
  ListPartiesController,
  GetPartyDetailsController,
  ErasePartyController,
];
