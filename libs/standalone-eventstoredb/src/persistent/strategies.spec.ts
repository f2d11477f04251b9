import { describe, expect, it } from '@jest/globals';
import { StoredRecord, encodeRecord } from '../wire/record.js';
import { Consumer } from './consumer.js';
import type { StrategyName } from './group-config.js';
import type { PendingMessage } from './message.js';
import { strategyOf } from './strategies.js';

function consumer(bufferSize = 10): Consumer {
  const call = {
    connectionName: '',
    from: '',
    bufferSize,
    confirm: () => undefined,
    send: () => true,
    drop: () => undefined,
  };
  return new Consumer(call);
}

let count = 0;
function message(stream: string, metadata: object = {}): PendingMessage {
  const id = `00000000-0000-4000-8000-${(count++).toString(16).padStart(12, '0')}`;
  const proposed = {
    id,
    type: Buffer.from('T'),
    isJson: true,
    data: Buffer.alloc(0),
    metadata: Buffer.from(JSON.stringify(metadata)),
  };
  const placement = { streamName: Buffer.from(stream), revision: count, position: count, createdAtMs: 0 };
  const event = new StoredRecord(encodeRecord(proposed, placement));
  return { id, sequence: count, event, link: undefined, retryCount: 0 };
}

/** Which consumer gets each message, −1 for none. */
function handOut(name: StrategyName, consumers: Consumer[], messages: PendingMessage[]): number[] {
  const strategy = strategyOf(name);
  return messages.map((pending) => {
    const chosen = strategy.choose(consumers, pending);
    chosen?.send(pending);
    return chosen === undefined ? -1 : consumers.indexOf(chosen);
  });
}

describe('strategies', () => {
  it('RoundRobin takes turns and leaves out who is full', () => {
    const messages = Array.from({ length: 6 }, () => message('s'));
    expect(handOut('RoundRobin', [consumer(1), consumer(2), consumer(9)], messages)).toEqual([0, 1, 2, 1, 2, 2]);
  });

  it('DispatchToSingle keeps to the first that takes', () => {
    const messages = Array.from({ length: 5 }, () => message('s'));
    expect(handOut('DispatchToSingle', [consumer(2), consumer(2)], messages)).toEqual([0, 0, 1, 1, -1]);
  });

  it('Pinned sends a stream to one consumer, and spreads streams', () => {
    const consumers = [consumer(1000), consumer(1000), consumer(1000)];
    const streams = Array.from({ length: 60 }, (_, n) => `s-${n}`);
    const first = handOut(
      'Pinned',
      consumers,
      streams.map((stream) => message(stream)),
    );
    const strategy = strategyOf('Pinned');
    const again = streams.map((stream) => consumers.indexOf(strategy.choose(consumers, message(stream))!));
    expect(again).toEqual(first);
    expect(new Set(first).size).toBe(3);
  });

  it('Pinned waits for the one consumer of a stream', () => {
    expect(handOut('Pinned', [consumer(1)], [message('s'), message('s')])).toEqual([0, -1]);
  });

  it('PinnedByCorrelation keeps what belongs together at one consumer', () => {
    const consumers = [consumer(1000), consumer(1000), consumer(1000)];
    for (let n = 0; n < 20; n++) {
      const related = ['a', 'b', 'c', 'd'].map((stream) => message(stream, { $correlationId: `c-${n}` }));
      expect(new Set(handOut('PinnedByCorrelation', consumers, related)).size).toBe(1);
    }
  });
});
