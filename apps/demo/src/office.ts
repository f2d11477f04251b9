import type { Command, CommandBus } from '@nestjs/cqrs';
import type { Role } from '#libs/access';
import type { CommandResult } from '#libs/event-store';
import { commandIdOf, type Instant, type Json, type LocalDate } from '#libs/kernel';
import {
  EndOccupancyCommand,
  RegisterCommunityCommand,
  RegisterPartyCommand,
  RegisterUnitCommand,
  StartOccupancyCommand,
  type Caller,
} from '#libs/portfolio/nest';
import { CURRENCY, TIME_ZONE } from './year/acts.js';
import type { Household, Party, Unit } from './year/households.js';

/** What has been done so far. */
export interface YearCounts {
  readonly commands: number;
  readonly events: number;
  readonly breaches: number;
  readonly byType: ReadonlyMap<string, number>;
}

/** Who gives a command. */
export interface By {
  readonly role: Role;
  readonly agent: string;
  readonly at: Instant;
}

/** Gives commands in somebody's name, each under an id of its own that follows from what it is about, and counts what comes of them. */
export class Office implements YearCounts {
  commands = 0;
  events = 0;
  breaches = 0;
  readonly byType = new Map<string, number>();

  constructor(
    private readonly bus: CommandBus,
    readonly communityId: string,
  ) {}

  callerOf({ role, agent, at }: By, key: Json): Caller {
    const commandId = commandIdOf(this.communityId, 'demo', key);
    return { commandId, actor: { id: agent, role }, communityId: this.communityId, receivedAt: at };
  }

  async execute<R extends CommandResult>(command: Command<R>): Promise<R> {
    const result = await this.bus.execute(command);
    this.commands += 1;
    this.events += result.events.length;
    for (const { type } of result.events) this.byType.set(type, (this.byType.get(type) ?? 0) + 1);
    return result;
  }

  async registerCommunity(name: string, at: Instant): Promise<void> {
    const caller = this.callerOf({ role: 'administrator', agent: 'administrator-1', at }, ['community']);
    await this.execute(new RegisterCommunityCommand(caller, { name, currency: CURRENCY, timeZone: TIME_ZONE }));
  }

  async registerUnit(unit: Unit, at: Instant): Promise<void> {
    const caller = this.callerOf(clerk(at), ['unit', unit.unitId]);
    await this.execute(new RegisterUnitCommand(caller, { ...unit }));
  }

  async registerParty({ partyId, kind, name, phone }: Party, at: Instant): Promise<void> {
    const caller = this.callerOf(clerk(at), ['party', partyId]);
    await this.execute(new RegisterPartyCommand(caller, { partyId, kind, details: { name, phones: [phone] } }));
  }

  async startOccupancy({ unit, party, accountId, role, from }: Household, at: Instant): Promise<string> {
    const caller = this.callerOf(clerk(at), ['occupancy', accountId]);
    const input = { unitId: unit.unitId, partyId: party.partyId, accountId, role, startsOn: from };
    const { recorded } = await this.execute(new StartOccupancyCommand(caller, input));
    return (recorded[0] as { occupancyId: string }).occupancyId;
  }

  async endOccupancy(unitId: string, occupancyId: string, endsOn: LocalDate, at: Instant): Promise<void> {
    const caller = this.callerOf(clerk(at), ['occupancy', unitId, occupancyId, 'end']);
    await this.execute(new EndOccupancyCommand(caller, { unitId, occupancyId, endsOn }));
  }
}

export function clerk(at: Instant): By {
  return { role: 'billing-clerk', agent: 'billing-clerk-1', at };
}
