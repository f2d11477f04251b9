import 'reflect-metadata';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { CommandBus, CqrsModule } from '@nestjs/cqrs';
import { Test } from '@nestjs/testing';
import { PROJECT_NAMESPACE, uuidV5 } from '#libs/kernel';
import { MemoryRunner, memoryStores } from '../../../../test/support/memory-runner.js';
import { PortfolioModule } from '../portfolio.module.js';
import { type Caller, RegisterCommunityCommand, RegisterUnitCommand, StartOccupancyCommand } from './commands.js';

const caller = (n: string): Caller => ({
  commandId: uuidV5(PROJECT_NAMESPACE, n),
  actor: { id: 'clerk-1', role: 'billing-clerk' },
  communityId: 'yinghu',
  receivedAt: '2026-03-09T17:00:00.000Z',
});
const unit = { unitId: 'B1/0101', use: 'residential' as const, areaCentiM2: 8_943 };

describe('commands of portfolio', () => {
  let runner: MemoryRunner;
  let bus: CommandBus;

  beforeEach(async () => {
    runner = new MemoryRunner();
    const imports = [CqrsModule.forRoot(), memoryStores(runner), PortfolioModule];
    const testing = Test.createTestingModule({ imports });
    const app = await (await testing.compile()).init();
    bus = app.get(CommandBus);
  });

  it('a unit wants a community; its registration counts for the community’s local day', async () => {
    await expect(bus.execute(new RegisterUnitCommand(caller('u'), unit))).rejects.toMatchObject({
      code: 'COMMUNITY_UNKNOWN',
    });
    await bus.execute(new RegisterCommunityCommand(caller('c'), { timeZone: 'UTC', currency: 'EUR' }));
    await bus.execute(new RegisterUnitCommand(caller('u'), unit));
    expect(runner.events.map((e) => [e.stream, e.type, e.effectiveOn])).toEqual([
      ['community-yinghu.yinghu', 'CommunityRegistered', '2026-03-09'],
      ['unit-yinghu.B1/0101', 'UnitRegistered', '2026-03-09'],
    ]);
    expect(runner.events[0]?.data).toMatchObject({ communityId: 'yinghu', name: 'yinghu', currency: 'EUR' });
  });

  it('an occupancy wants a party', async () => {
    await bus.execute(new RegisterCommunityCommand(caller('c'), {}));
    await bus.execute(new RegisterUnitCommand(caller('u'), unit));
    const input = { unitId: 'B1/0101', partyId: 'P1', accountId: 'A1', role: 'owner' as const, startsOn: '2026-04-01' };
    await expect(bus.execute(new StartOccupancyCommand(caller('o'), input))).rejects.toMatchObject({
      code: 'PARTY_UNKNOWN',
    });
  });
});
