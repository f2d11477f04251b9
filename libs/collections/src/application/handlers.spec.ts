import 'reflect-metadata';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { CommandBus, CqrsModule } from '@nestjs/cqrs';
import { Test } from '@nestjs/testing';
import { type Decider, uuidV5, PROJECT_NAMESPACE } from '#libs/kernel';
import { MemoryRunner, memoryStores } from '../../../../test/support/memory-runner.js';
import { CollectionsModule } from '../collections.module.js';
import type { ObservedEvent } from '../domain/collection.events.js';
import { RecordLegalReferralCommand } from './record-legal-referral.handler.js';
import { SendReminderCommand } from './send-reminder.handler.js';
import type { Caller } from './collection-command.js';

const dates = { effectiveOn: '2026-01-02', occurredAt: '2026-01-02T00:00:00.000Z' };
const history: ObservedEvent[] = [
  { type: 'AccountOpened', data: { accountId: 'B1/0101' }, ...dates },
  {
    type: 'FeeAssessed',
    data: { itemId: '1', dueOn: '2026-02-05', amount: { currency: 'CNY', minor: '100' }, tariff: {} },
    ...dates,
  },
];
/** Stands for the other context that writes into account streams. */
const seeding: Decider<null, ObservedEvent> = {
  category: 'account',
  initialState: () => null,
  evolve: () => null,
  handles: new Set(),
};

const caller = (n: string, id = 'collector-1', role = 'collector'): Caller => ({
  commandId: uuidV5(PROJECT_NAMESPACE, n),
  actor: { id, role },
  communityId: 'yinghu',
  receivedAt: '2026-03-10T01:02:03.000Z',
});

describe('commands of collections', () => {
  let runner: MemoryRunner;
  let bus: CommandBus;

  beforeEach(async () => {
    runner = new MemoryRunner();
    await runner.execute(seeding, 'B1/0101', { ...caller('seed'), input: null }, () => history);
    const imports = [CqrsModule.forRoot(), memoryStores(runner), CollectionsModule];
    const testing = Test.createTestingModule({ imports });
    const app = await (await testing.compile()).init();
    bus = app.get(CommandBus);
  });

  it('a reminder goes into the account’s stream, once, whatever other context folded it before', async () => {
    const input = {
      accountId: 'B1/0101',
      effectiveOn: '2026-02-06',
      reference: 'N1',
      itemIds: ['1'],
      rung: '+1',
      channel: 'sms',
    };
    const first = await bus.execute(new SendReminderCommand(caller('a'), input));
    expect(first).toMatchObject({ stream: 'account-yinghu.B1/0101', revision: 2n, repeated: false });
    expect(await bus.execute(new SendReminderCommand(caller('a'), input))).toMatchObject({
      revision: 2n,
      repeated: true,
    });
    await expect(bus.execute(new SendReminderCommand(caller('b'), input))).rejects.toMatchObject({
      code: 'RUNG_ALREADY_SENT',
    });
    expect(runner.events).toHaveLength(3);
    expect(runner.events[2]).toMatchObject({
      type: 'ReminderSent',
      data: { rung: '+1', channel: 'sms', items: [{ itemId: '1', dueOn: '2026-02-05' }] },
      effectiveOn: '2026-02-06',
      occurredAt: '2026-03-10T01:02:03.000Z',
      actor: { id: 'collector-1' },
    });
  });

  it('D12 whoever commands a legal referral approves it, and is not its proposer', async () => {
    const input = {
      accountId: 'B1/0101',
      effectiveOn: '2026-03-10',
      reference: 'L1',
      itemIds: ['1'],
      proposedBy: 'collector-1',
    };
    const own = new RecordLegalReferralCommand(caller('c'), input);
    await expect(bus.execute(own)).rejects.toMatchObject({ code: 'APPROVER_IS_PROPOSER' });
    await bus.execute(new RecordLegalReferralCommand(caller('d', 'manager-1', 'finance-manager'), input));
    expect(runner.events.at(-1)?.data).toMatchObject({ proposedBy: 'collector-1', approvedBy: 'manager-1' });
  });
});
