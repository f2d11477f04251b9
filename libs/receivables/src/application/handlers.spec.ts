import 'reflect-metadata';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { CommandBus, CqrsModule } from '@nestjs/cqrs';
import { Test } from '@nestjs/testing';
import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import { PROJECT_NAMESPACE, uuidV5 } from '#libs/kernel';
import { MemoryRunner, memoryStores } from '../../../../test/support/memory-runner.js';
import { ReceivablesModule } from '../receivables.module.js';
import {
  AssessFeeCommand,
  AssessFeeInput,
  AssessLateFeeCommand,
  type Caller,
  LiftHoldCommand,
  OpenAccountCommand,
  OpenDisputeCommand,
  PlaceHoldCommand,
  ProgressDisputeCommand,
  ReceivePaymentCommand,
  ReverseFeeCommand,
  ReversePaymentCommand,
} from './commands.js';

const caller = (n: string, role = 'cashier'): Caller => ({
  commandId: uuidV5(PROJECT_NAMESPACE, n),
  actor: { id: `${role}-1`, role },
  communityId: 'yinghu',
  receivedAt: '2026-03-09T17:00:00.000Z',
});
const accountId = 'B1/0101';
const fee = (dueOn = '2026-02-05') => ({ accountId, item: 'fee', amount: { currency: 'CNY', minor: '25040' }, dueOn });
const payment = (minor = '10000') => ({
  accountId,
  effectiveOn: '2026-03-08',
  amount: { currency: 'CNY', minor },
  method: 'cash',
});

describe('commands of receivables', () => {
  let runner: MemoryRunner;
  let bus: CommandBus;
  const types = () => runner.of('account-yinghu.B1/0101').map((event) => event.type);

  beforeEach(async () => {
    runner = new MemoryRunner();
    const imports = [CqrsModule.forRoot(), memoryStores(runner), ReceivablesModule];
    const testing = Test.createTestingModule({ imports });
    const app = await (await testing.compile()).init();
    bus = app.get(CommandBus);
    await bus.execute(
      new OpenAccountCommand(caller('open'), { accountId, currency: 'CNY', timeZone: 'Asia/Shanghai' }),
    );
  });

  it('a fact counts for the local day on which the command came in, unless it says another', async () => {
    await bus.execute(new AssessFeeCommand(caller('a'), fee()));
    await bus.execute(new AssessFeeCommand(caller('b'), { ...fee(), effectiveOn: '2026-02-01' }));
    expect(runner.events.map((event) => event.effectiveOn)).toEqual(['2026-03-10', '2026-03-10', '2026-02-01']);
  });

  it('the same command again gives its first result; with another input it is refused', async () => {
    const first = await bus.execute(new AssessFeeCommand(caller('a'), fee()));
    const again = await bus.execute(
      new AssessFeeCommand({ ...caller('a'), receivedAt: '2027-01-01T00:00:00.000Z' }, fee()),
    );
    expect(again).toEqual({ ...first, repeated: true });
    const other = new AssessFeeCommand(caller('a'), fee('2026-02-06'));
    await expect(bus.execute(other)).rejects.toMatchObject({ code: 'COMMAND_ID_REUSED' });
    expect(types()).toEqual(['AccountOpened', 'FeeAssessed']);
  });

  it('D17 receipts are numbered without gaps: one number per payment, void when the payment is refused', async () => {
    await bus.execute(new ReceivePaymentCommand(caller('p1'), payment()));
    await bus.execute(new ReceivePaymentCommand(caller('p1'), payment()));
    const refused = new ReceivePaymentCommand(caller('p2', 'collector'), payment());
    await expect(bus.execute(refused)).rejects.toMatchObject({ code: 'DUTIES_SEPARATED' });
    const reused = new ReceivePaymentCommand(caller('p1'), payment('2'));
    await expect(bus.execute(reused)).rejects.toMatchObject({ code: 'COMMAND_ID_REUSED' });
    await bus.execute(new ReceivePaymentCommand(caller('p3'), payment()));
    const receipts = runner.events.flatMap((e) => (e.type === 'PaymentReceived' ? [e.data] : []));
    expect(receipts).toMatchObject([{ receiptNumber: '2026-000001' }, { receiptNumber: '2026-000003' }]);
    expect(
      runner.of('numbering-yinghu.receipt/2026').map((e) => [e.type, (e.data as { number: number }).number]),
    ).toEqual([
      ['NumberDrawn', 1],
      ['NumberDrawn', 2],
      ['NumberVoided', 2],
      ['NumberDrawn', 3],
    ]);
  });

  it('every command of the context reaches its decision', async () => {
    const tariff = { tariffId: 'T1', version: 2, lateFee: { ppmPerDay: 1_000 } };
    await bus.execute(new AssessFeeCommand(caller('1'), { ...fee(), effectiveOn: '2026-02-01', tariff }));
    await bus.execute(new AssessLateFeeCommand(caller('2'), { accountId, forItemId: '1' }));
    await bus.execute(new ReceivePaymentCommand(caller('3'), { ...payment(), designatedItemIds: ['2'] }));
    await bus.execute(new PlaceHoldCommand(caller('4'), { accountId, reason: 'check', itemIds: ['1'] }));
    await bus.execute(new LiftHoldCommand(caller('5'), { accountId, holdId: '4', reason: 'settled' }));
    await bus.execute(new OpenDisputeCommand(caller('6'), { accountId, reference: 'D-1' }));
    await bus.execute(new ProgressDisputeCommand(caller('7'), { accountId, disputeId: '5', reference: 'letter' }));
    await bus.execute(new ReversePaymentCommand(caller('8'), { accountId, paymentId: '3', reason: 'bounced' }));
    await bus.execute(new ReverseFeeCommand(caller('9'), { accountId, itemId: '2', reason: 'waived in error' }));
    expect(types()).toEqual([
      ...['AccountOpened', 'FeeAssessed', 'LateFeeAssessed', 'PaymentReceived', 'PaymentAllocated', 'PaymentAllocated'],
      ...[
        'HoldPlaced',
        'HoldLifted',
        'DisputeOpened',
        'HoldPlaced',
        'DisputeProgressed',
        'PaymentReversed',
        'FeeReversed',
      ],
    ]);
    expect(runner.events.find((e) => e.type === 'LateFeeAssessed')?.data).toMatchObject({
      // 25040 × 33 days × 0.001 = 826.32
      amount: { minor: '826' },
      dueOn: '2026-03-10',
    });
  });

  it('inputs say what they take: unknown shapes are found before a command is made', () => {
    const faults = (input: object) =>
      validateSync(plainToInstance(AssessFeeInput, input), { whitelist: true, forbidNonWhitelisted: true })
        .map((fault) => fault.property)
        .sort();
    expect(faults(fee())).toEqual([]);
    expect(faults({ ...fee(), tariff: { tariffId: 'T1', version: 1, lateFee: { capPpm: 5 } } })).toEqual([]);
    expect(
      faults({ ...fee(), amount: { currency: 'CNY', minor: 5 }, dueOn: 'soon', tariff: { version: 0.5 }, x: 1 }),
    ).toEqual(['amount', 'dueOn', 'tariff', 'x']);
  });
});
