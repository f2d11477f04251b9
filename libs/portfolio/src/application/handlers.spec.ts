import 'reflect-metadata';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { CommandBus, CqrsModule } from '@nestjs/cqrs';
import { Test } from '@nestjs/testing';
import { Vault, type VaultSubject } from '#libs/event-store';
import { canonicalJson, DomainError, PROJECT_NAMESPACE, sha256Hex, uuidV5, type Json } from '#libs/kernel';
import { MemoryRunner, memoryStores } from '../../../../test/support/memory-runner.js';
import { PortfolioModule } from '../portfolio.module.js';
import {
  type Caller,
  ChangePartyDetailsCommand,
  EndOccupancyCommand,
  ErasePartyCommand,
  RegisterCommunityCommand,
  RegisterPartyCommand,
  RegisterUnitCommand,
  StartOccupancyCommand,
} from './commands.js';

const caller = (n: string): Caller => ({
  commandId: uuidV5(PROJECT_NAMESPACE, n),
  actor: { id: 'clerk-1', role: 'billing-clerk' },
  communityId: 'yinghu',
  receivedAt: '2026-03-09T17:00:00.000Z',
});
const unit = { unitId: 'B1/0101', use: 'residential' as const, areaCentiM2: 8_943 };

/** Stands for the vault: an envelope here is a number, and the keys are a set. */
class MemoryVault {
  readonly sealed: { subject: VaultSubject; value: Json }[] = [];
  readonly erased = new Set<string>();

  async seal(subject: VaultSubject, value: Json) {
    this.#alive(subject);
    return { kid: subject.subject, iv: '', ct: String(this.sealed.push({ subject, value })), tag: '' };
  }

  async fingerprint(subject: VaultSubject, value: Json) {
    this.#alive(subject);
    return sha256Hex(canonicalJson(value));
  }

  async destroy({ subject }: VaultSubject) {
    this.erased.add(subject);
  }

  #alive({ subject }: VaultSubject) {
    if (this.erased.has(subject)) throw new DomainError('SUBJECT_ERASED', 'erased');
  }
}

describe('commands of portfolio', () => {
  let runner: MemoryRunner;
  let vault: MemoryVault;
  let bus: CommandBus;

  beforeEach(async () => {
    runner = new MemoryRunner();
    vault = new MemoryVault();
    const imports = [CqrsModule.forRoot(), memoryStores(runner, { provide: Vault, useValue: vault }), PortfolioModule];
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

  it('R4.3 personal details are stored sealed, compared by fingerprint, and gone once the party is erased', async () => {
    await bus.execute(new RegisterCommunityCommand(caller('c'), {}));
    const party = { partyId: 'P1', kind: 'person' as const, details: { name: '王小明', phones: ['13800000000'] } };
    await bus.execute(new RegisterPartyCommand(caller('p'), party));
    expect(await bus.execute(new RegisterPartyCommand(caller('p'), party))).toMatchObject({ repeated: true });
    const other = new RegisterPartyCommand(caller('p'), { ...party, details: { name: '别人' } });
    await expect(bus.execute(other)).rejects.toMatchObject({ code: 'COMMAND_ID_REUSED' });
    const details = { name: '王小明', emails: ['w@example.com'] };
    await bus.execute(new ChangePartyDetailsCommand(caller('d'), { partyId: 'P1', details }));
    await bus.execute(new ErasePartyCommand(caller('e'), { partyId: 'P1' }));
    expect([...vault.erased]).toEqual(['party/P1']);
    expect(runner.of('party-yinghu.P1').map((e) => e.type)).toEqual([
      'PartyRegistered',
      'PartyDetailsChanged',
      'PartyErased',
    ]);
    expect(JSON.stringify(runner.events, (_, v: unknown) => (typeof v === 'bigint' ? String(v) : v))).not.toMatch(
      /小明|138|example/,
    );
    expect(vault.sealed[0]).toEqual({ subject: { communityId: 'yinghu', subject: 'party/P1' }, value: party.details });
    const late = new ChangePartyDetailsCommand(caller('f'), { partyId: 'P1', details });
    await expect(bus.execute(late)).rejects.toMatchObject({ code: 'SUBJECT_ERASED' });
  });

  it('an erasure that stopped between the fact and the key is finished by the same command', async () => {
    await bus.execute(new RegisterCommunityCommand(caller('c'), {}));
    const party = { partyId: 'P1', kind: 'organization' as const, details: { name: 'ACME' } };
    await bus.execute(new RegisterPartyCommand(caller('p'), party));
    await bus.execute(new ErasePartyCommand(caller('e'), { partyId: 'P1' }));
    vault.erased.clear();
    expect(await bus.execute(new ErasePartyCommand(caller('e'), { partyId: 'P1' }))).toMatchObject({ repeated: true });
    expect([...vault.erased]).toEqual(['party/P1']);
  });

  it('owners follow one another', async () => {
    await bus.execute(new RegisterCommunityCommand(caller('c'), {}));
    await bus.execute(new RegisterUnitCommand(caller('u'), unit));
    const party = { partyId: 'P1', kind: 'person' as const, details: { name: 'A' } };
    await bus.execute(new RegisterPartyCommand(caller('p'), party));
    const owner = { unitId: 'B1/0101', partyId: 'P1', accountId: 'A1', role: 'owner' as const };
    await bus.execute(new StartOccupancyCommand(caller('1'), { ...owner, startsOn: '2026-04-01' }));
    const next = new StartOccupancyCommand(caller('2'), { ...owner, startsOn: '2026-06-01' });
    await expect(bus.execute(next)).rejects.toMatchObject({ code: 'OCCUPANCY_OVERLAPS' });
    const end = { unitId: 'B1/0101', occupancyId: '1', endsOn: '2026-05-31' };
    await bus.execute(new EndOccupancyCommand(caller('3'), end));
    await bus.execute(next);
    expect(runner.of('unit-yinghu.B1/0101').map((e) => e.effectiveOn)).toEqual([
      '2026-03-10',
      '2026-04-01',
      '2026-05-31',
      '2026-06-01',
    ]);
  });
});
