import 'reflect-metadata';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { CommandBus, CqrsModule } from '@nestjs/cqrs';
import { Test } from '@nestjs/testing';
import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import { Vault, type VaultSubject } from '#libs/event-store';
import { PROJECT_NAMESPACE, sha256Hex, uuidV5, type Json } from '#libs/kernel';
import { MemoryRunner, memoryStores } from '../../../../test/support/memory-runner.js';
import { ServiceDeskModule } from '../service-desk.module.js';
import { ActOnCaseCommand, ActOnCaseInput, type CaseCommandName } from './act-on-case.handler.js';
import { OpenCaseCommand, OpenCaseInput, type CaseCaller } from './open-case.handler.js';

class MemoryVault implements Pick<Vault, 'seal' | 'fingerprint'> {
  readonly subjects: string[] = [];

  async seal({ subject }: VaultSubject, value: Json) {
    this.subjects.push(subject);
    return Promise.resolve({ kid: subject, iv: String(this.subjects.length), ct: sha256Hex(String(value)), tag: '' });
  }

  async fingerprint({ subject }: VaultSubject, value: Json) {
    return Promise.resolve(sha256Hex(`${subject} ${String(value)}`));
  }
}

const caller = (n: string, id = 'ann', receivedAt = '2026-03-02T01:00:00.000Z'): CaseCaller => ({
  commandId: uuidV5(PROJECT_NAMESPACE, n),
  actor: { id, role: 'service-agent' },
  communityId: 'yinghu',
  receivedAt,
  timeZone: 'Asia/Shanghai',
});
const complaint: OpenCaseInput = {
  kind: 'complaint',
  channel: 'phone',
  severity: 'normal',
  text: '电梯又坏了',
  customer: '王女士',
};
const code = (expected: string) => expect.objectContaining({ code: expected });

describe('commands of the service desk', () => {
  let runner: MemoryRunner;
  let vault: MemoryVault;
  let bus: CommandBus;
  const open = (n: string, input: Partial<OpenCaseInput> = {}) =>
    bus.execute(new OpenCaseCommand(caller(n), { ...complaint, ...input }));
  const act = (n: string, command: CaseCommandName, input: Partial<ActOnCaseInput> = {}, who = 'ann') =>
    bus.execute(
      new ActOnCaseCommand(caller(n, who, '2026-03-02T05:00:00.000Z'), {
        command,
        kind: 'complaint',
        caseId: '2026/000001',
        ...input,
      }),
    );

  beforeEach(async () => {
    runner = new MemoryRunner();
    vault = new MemoryVault();
    const stores = memoryStores(runner, { provide: Vault, useValue: vault });
    const app = await (
      await Test.createTestingModule({ imports: [CqrsModule.forRoot(), stores, ServiceDeskModule] }).compile()
    ).init();
    bus = app.get(CommandBus);
  });

  it('open cases under gap-free numbers, whatever their kind', async () => {
    expect((await open('a')).caseId).toBe('2026/000001');
    expect((await open('b', { kind: 'incident' })).caseId).toBe('2026/000002');
    expect(runner.of('incident-yinghu.2026/000002')).toMatchObject([
      { type: 'IncidentOpened', effectiveOn: '2026-03-02' },
    ]);
  });

  it('find the same case when they are sent again', async () => {
    await open('a');
    const again = await open('a');
    expect(again).toMatchObject({ caseId: '2026/000001', repeated: true });
    expect(runner.of('numbering-yinghu.case/2026')).toHaveLength(1);
    await expect(open('a', { text: 'something else' })).rejects.toEqual(code('COMMAND_ID_REUSED'));
  });

  it('number a case by the local year of its opening', async () => {
    expect((await open('a', { openedAt: '2025-12-31T17:00:00Z' })).caseId).toBe('2026/000001');
    expect((await open('b', { openedAt: '2025-12-31T15:59:59Z' })).caseId).toBe('2025/000001');
  });

  it('keep what was written only as an envelope of the case', async () => {
    await open('a');
    const stored = JSON.stringify(runner.events.map(({ data }) => data));
    expect(stored).not.toContain('电梯');
    expect(stored).not.toContain('王女士');
    expect(runner.of('complaint-yinghu.2026/000001')[0]!.data).toMatchObject({
      text: { kid: 'complaint/2026/000001' },
    });
    await act('b', 'resolve', { text: '已修好' });
    expect(JSON.stringify(runner.events.map(({ data }) => data))).not.toContain('修好');
  });

  it('take a case to its end', async () => {
    await open('a', { severity: 'major' });
    await act('b', 'accept', { handler: 'bob' });
    await act('c', 'answer', { text: 'soon' }, 'bob');
    await act('d', 'resolve', { text: 'done' }, 'bob');
    await act('e', 'verify', {}, 'vera');
    const { events } = await act('f', 'close', {}, 'ann');
    expect(events.map(({ type }) => type)).toEqual(['ComplaintClosed']);
    expect(runner.of('complaint-yinghu.2026/000001').map(({ type }) => type)).toEqual([
      'ComplaintOpened',
      'ComplaintAcknowledged',
      'ComplaintAccepted',
      'ComplaintAnswered',
      'ComplaintResolved',
      'ComplaintVerified',
      'ComplaintClosed',
    ]);
  });

  it('refuse with stable codes, and store nothing', async () => {
    await open('a');
    await act('b', 'resolve');
    await act('c', 'close');
    const stored = runner.events.length;
    const sealed = vault.subjects.length;
    const refusals: [() => Promise<unknown>, string][] = [
      [() => act('1', 'answer', { text: 'late' }), 'CASE_CLOSED'],
      [() => act('2', 'verify', {}, 'vera'), 'CASE_CLOSED'],
      [() => act('3', 'progress', { at: '2026-02-30T00:00:00Z' }), 'INSTANT_INVALID'],
      [() => act('4', 'progress', { at: '2026-03-02T02:00:00' }), 'INSTANT_INVALID'],
      [() => act('5', 'reopen', { at: '2026-03-02T05:00:00.001Z' }), 'ACTIVITY_IN_FUTURE'],
      [() => act('6', 'progress', { text: 'x'.repeat(20_000_000) }), 'TEXT_TOO_LARGE'],
      [() => act('7', 'progress', { text: '\ud800' }), 'TEXT_INVALID'],
      [() => act('8', 'answer', { caseId: '2026/000009', text: 'x' }), 'CASE_NOT_FOUND'],
      [() => act('9', 'mark-duplicate'), 'ID_INVALID'],
      [() => open('10', { text: 'x'.repeat(20_000_000) }), 'TEXT_TOO_LARGE'],
      [() => open('11', { openedAt: 'yesterday' }), 'INSTANT_INVALID'],
    ];
    for (const [refusal, expected] of refusals) await expect(refusal()).rejects.toEqual(code(expected));
    expect(runner.events).toHaveLength(stored);
    expect(vault.subjects.filter((subject) => subject.includes('000009'))).toEqual([]);
    expect(vault.subjects.length - sealed).toBeLessThanOrEqual(1);
  });

  it('the handler does not verify (D12)', async () => {
    await open('a');
    await act('b', 'resolve', {}, 'bob');
    await expect(act('c', 'verify', {}, 'bob')).rejects.toEqual(code('VERIFIER_IS_HANDLER'));
  });

  it('make the number of a refused opening void, and give the next one', async () => {
    await expect(open('a', { openedAt: '2026-03-02T01:00:00.001Z' })).rejects.toEqual(code('ACTIVITY_IN_FUTURE'));
    expect(runner.of('numbering-yinghu.case/2026').map(({ type }) => type)).toEqual(['NumberDrawn', 'NumberVoided']);
    expect((await open('b')).caseId).toBe('2026/000002');
  });

  it.each([
    [OpenCaseInput, { ...complaint, channel: 'pigeon' }],
    [OpenCaseInput, { ...complaint, severity: 'huge' }],
    [OpenCaseInput, { ...complaint, kind: 'account' }],
    [OpenCaseInput, { ...complaint, text: 'x'.repeat(65_537) }],
    [ActOnCaseInput, { command: 'delete', kind: 'complaint', caseId: '1' }],
    [ActOnCaseInput, { command: 'escalate', kind: 'dispute', caseId: '1', rung: 'media' }],
  ])('a body of %p is checked', (type, body) => {
    expect(validateSync(plainToInstance(type as typeof OpenCaseInput, body))).not.toEqual([]);
  });
});
