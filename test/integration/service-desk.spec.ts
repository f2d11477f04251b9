import 'reflect-metadata';
import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { INestApplicationContext } from '@nestjs/common';
import { CommandBus, CqrsModule } from '@nestjs/cqrs';
import { Test } from '@nestjs/testing';
import { EventStore, isEnvelope, Vault, verifyChain, type Envelope, type StoredEvent } from '#libs/event-store';
import { EventStoreModule } from '#libs/event-store/nest';
import { Drain } from '#libs/projection-engine';
import { ManualClock } from '#libs/kernel';
import { vaultSubjectOf } from '#libs/service-desk';
import { ActOnCaseCommand, OpenCaseCommand, ServiceDeskModule, type ActOnCaseInput } from '#libs/service-desk/nest';
import { CaseQueueReader, projections, ServiceQualityReader } from '#projections';
import { uniqueCommunity } from '../support/stores.js';
import { ReadModels } from './projections/read-models.js';

const community = uniqueCommunity();
const clock = new ManualClock('2026-03-02T01:00:00.000Z');
const access = { actor: { id: 'pia', role: 'privacy-officer' }, purpose: 'request of the customer' };
const TEXT = '电梯又坏了，请尽快修理';

describe('the service desk, from commands to read models', () => {
  let models: ReadModels;
  let events: EventStore;
  let vault: Vault;
  let app: INestApplicationContext;
  let caseId: string;

  const caller = (agent: string) => ({
    commandId: randomUUID(),
    actor: { id: agent, role: 'service-agent' },
    communityId: community,
    receivedAt: clock.now(),
    timeZone: 'Asia/Shanghai',
  });
  const act = (agent: string, input: Omit<ActOnCaseInput, 'kind' | 'caseId'>) =>
    app.get(CommandBus).execute(new ActOnCaseCommand(caller(agent), { kind: 'complaint', caseId, ...input }));
  const fold = async () => {
    const drain = new Drain({ source: events, stores: models.store, projections });
    await drain.catchUp(await events.headPosition());
  };
  const stored = async (): Promise<StoredEvent[]> => {
    const found: StoredEvent[] = [];
    for await (const page of events.readStream(`complaint-${community}.${caseId}`, {})) found.push(...page);
    return found;
  };

  beforeAll(async () => {
    models = await ReadModels.open();
    events = EventStore.connect(models.eventstoreUrl);
    vault = await Vault.connect(models.mongodbUrl, {
      database: `${community}_vault`,
      masterKey: randomBytes(32),
      clock,
    });
    const store = EventStoreModule.forRoot({ eventStore: events, clock, vault });
    const testing = Test.createTestingModule({ imports: [CqrsModule.forRoot(), store, ServiceDeskModule] });
    app = await (await testing.compile()).init();
  }, 60_000);

  afterAll(async () => {
    await app?.close();
    await vault?.close();
    await events?.close();
    await models?.close();
  });

  it('opens a case under its number, what was written sealed', async () => {
    const input = { kind: 'complaint', channel: 'phone', severity: 'major', team: 'lifts', text: TEXT } as const;
    const command = new OpenCaseCommand(caller('ann'), input);
    const result = await app.get(CommandBus).execute(command);
    ({ caseId } = result);
    expect(caseId).toBe('2026/000001');
    expect(await app.get(CommandBus).execute(command)).toMatchObject({ caseId, repeated: true });
    const [opened] = await stored();
    const { text } = opened!.data as unknown as { text: Envelope };
    expect(isEnvelope(text)).toBe(true);
    expect(JSON.stringify(opened!.data)).not.toContain('电梯');
    expect(await vault.open(text, access)).toBe(TEXT);
  });

  it('shows it in the queue, with the time left', async () => {
    await fold();
    const found = [];
    for await (const one of new CaseQueueReader(models.store).listCases({ communityId: community, now: clock.now() }))
      found.push(one);
    expect(found).toMatchObject([{ caseId, state: 'Open', severity: 'major', due: 'acknowledge', minutesLeft: 1440 }]);
  });

  it('refuses what the rules refuse, and stores nothing', async () => {
    await expect(act('ann', { command: 'accept' })).rejects.toMatchObject({ code: 'HANDLER_REQUIRED' });
    await expect(act('ann', { command: 'progress', text: 'x'.repeat(20_000_000) })).rejects.toMatchObject({
      code: 'TEXT_TOO_LARGE',
    });
    expect(await stored()).toHaveLength(1);
  });

  it('is handled to its end, and figures show it', async () => {
    clock.set('2026-03-02T03:00:00.000Z');
    await act('ann', { command: 'accept', handler: 'bob' });
    clock.set('2026-03-04T03:00:00.000Z');
    await act('bob', { command: 'resolve', text: '已更换曳引绳' });
    await expect(act('bob', { command: 'verify' })).rejects.toMatchObject({ code: 'VERIFIER_IS_HANDLER' });
    await act('vera', { command: 'verify' });
    await act('ann', { command: 'close' });
    await expect(act('bob', { command: 'answer', text: 'again' })).rejects.toMatchObject({ code: 'CASE_CLOSED' });
    await fold();
    const query = {
      communityId: community,
      from: '2026-03-02',
      to: '2026-03-02',
      asOf: clock.now(),
      timeZone: 'Asia/Shanghai',
    };
    expect(await new ServiceQualityReader(models.store).findFigures(query)).toMatchObject({
      ...{ opened: 1, closed: 1, resolutionRate: { numerator: 1, denominator: 1 } },
      acknowledge: { met: 1, p50Hours: 2 },
      accept: { met: 1, p50Hours: 2 },
      answer: { breached: 1, p50Hours: 50 },
      complete: { met: 1, p50Hours: 50 },
    });
  });

  it('is gone with its key, and every chain stays valid', async () => {
    const [opened] = await stored();
    await vault.destroy(vaultSubjectOf(community, 'complaint', caseId), access);
    const { text } = opened!.data as unknown as { text: Envelope };
    await expect(vault.open(text, access)).rejects.toMatchObject({ code: 'SUBJECT_ERASED' });
    await expect(act('ann', { command: 'reopen', text: 'more' })).rejects.toMatchObject({ code: 'SUBJECT_ERASED' });
    const report = await verifyChain(
      (async function* () {
        for await (const page of events.readStream(`complaint-${community}.${caseId}`, {})) yield page;
      })(),
    );
    expect(report).toMatchObject({ streams: 1, broken: [] });
  });
});
