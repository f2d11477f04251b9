import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { randomUUID } from 'node:crypto';
import sharedPb from '@eventstore/db-client/generated/shared_pb.js';
import streamsPb from '@eventstore/db-client/generated/streams_pb.js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { StoreNode } from '../node.js';
import { Outlet, type SendingCall } from './outlet.js';
import { ReadService } from './read.js';

let dataDir: string;
let node: StoreNode;
beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'standalone-progress-'));
  node = await StoreNode.open(dataDir);
});
afterAll(async () => {
  await node.close();
  rmSync(dataDir, { recursive: true, force: true });
});

async function write(stream: string, count: number): Promise<void> {
  const event = { type: Buffer.from('T'), isJson: false, data: Buffer.alloc(10), metadata: Buffer.alloc(0) };
  const events = Array.from({ length: count }, () => ({ ...event, id: randomUUID() }));
  await node.appender.append(stream, 'any', events);
}

/** A call whose reader takes messages only while it is let to. */
class Call implements SendingCall {
  readonly cancelled = false;
  readonly said: string[] = [];
  reads = true;
  private readonly listeners = new Map<string, () => void>();

  write(message: Buffer): boolean {
    const response = streamsPb.ReadResp.deserializeBinary(message);
    if (response.hasEvent()) this.said.push(`event ${response.getEvent()!.getCommitPosition()}`);
    else if (response.hasCheckpoint()) this.said.push(`checkpoint ${response.getCheckpoint()!.getCommitPosition()}`);
    else if (response.hasCaughtUp()) this.said.push('caught up');
    else if (response.hasFellBehind()) this.said.push('fell behind');
    return this.reads;
  }
  readOn(): void {
    this.reads = true;
    this.listeners.get('drain')?.();
  }
  on(event: string, listener: () => void): void {
    this.listeners.set(event, listener);
  }
  end(): void {
    this.said.push('end');
  }
  fail(): void {
    this.said.push('failed');
  }
  close(): void {
    this.listeners.get('close')?.();
  }
  async says(what: string, times = 1): Promise<void> {
    for (const end = Date.now() + 10_000; Date.now() < end; await delay(5)) {
      if (this.said.filter((said) => said === what).length >= times) return;
    }
    throw new Error(`only ${this.said.join(', ')}`);
  }
}

/** Events of streams that begin with `wanted`, a checkpoint for each 3,000 events looked at. */
function request(): InstanceType<typeof streamsPb.ReadReq> {
  const expression = new streamsPb.ReadReq.Options.FilterOptions.Expression().setPrefixList(['wanted']);
  const filter = new streamsPb.ReadReq.Options.FilterOptions().setStreamIdentifier(expression).setMax(1000);
  const options = new streamsPb.ReadReq.Options()
    .setAll(new streamsPb.ReadReq.Options.AllOptions().setStart(new sharedPb.Empty()))
    .setSubscription(new streamsPb.ReadReq.Options.SubscriptionOptions())
    .setUuidOption(new streamsPb.ReadReq.Options.UUIDOption().setString(new sharedPb.Empty()))
    .setFilter(filter.setCheckpointintervalmultiplier(3));
  return new streamsPb.ReadReq().setOptions(options);
}

describe('a filtered subscription', () => {
  it('that falls behind is told so, and how far it was; then it catches up', async () => {
    const call = new Call();
    const outlet = new Outlet(call);
    new ReadService(node.log, node.reader).handle(request(), outlet);
    await call.says('caught up');
    call.reads = false;
    await write('wanted', 2);
    const [first, second] = [node.log.head - 1, node.log.head];
    await call.says(`event ${first}`);
    for (let n = 0; n < 10; n++) await write('other', 500);
    call.reads = true;
    call.readOn();
    await call.says('caught up', 2);
    const since = call.said.slice(call.said.indexOf(`event ${first}`));
    expect(since).toEqual([
      `event ${first}`,
      `event ${second}`,
      'fell behind',
      `checkpoint ${second}`,
      expect.stringMatching(/^checkpoint/),
      `checkpoint ${node.log.head}`,
      'caught up',
    ]);
    call.close();
  });
});
