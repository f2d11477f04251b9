import { createHash } from 'node:crypto';
import type { Consumer } from './consumer.js';
import type { StrategyName } from './group-config.js';
import { type PendingMessage, correlationOf, streamOf } from './message.js';

/** Chooses who gets a message. */
export interface Strategy {
  /** The consumer for this message if it can take it now. */
  choose(consumers: readonly Consumer[], message: PendingMessage): Consumer | undefined;
  /** True: a message that must wait does not hold up the ones behind it. */
  readonly overtakes: boolean;
}

export function strategyOf(name: StrategyName): Strategy {
  switch (name) {
    case 'RoundRobin':
      return new RoundRobin();
    case 'DispatchToSingle':
      return { overtakes: false, choose: (consumers) => consumers.find(({ accepts }) => accepts) };
    case 'Pinned':
      return pinned(streamOf);
    case 'PinnedByCorrelation':
      return pinned(correlationOf);
  }
}

class RoundRobin implements Strategy {
  readonly overtakes = false;
  private turn = 0;

  choose(consumers: readonly Consumer[]): Consumer | undefined {
    for (let offset = 0; offset < consumers.length; offset++) {
      const index = (this.turn + offset) % consumers.length;
      const consumer = consumers[index];
      if (consumer?.accepts !== true) continue;
      this.turn = index + 1;
      return consumer;
    }
    return undefined;
  }
}

/** The same name goes to the same consumer as long as the consumers stay the same (rendezvous hashing). */
function pinned(nameOf: (message: PendingMessage) => string): Strategy {
  const ids = new WeakMap<Consumer, number>();
  let nextId = 0;
  const idOf = (consumer: Consumer): number => {
    let id = ids.get(consumer);
    if (id === undefined) ids.set(consumer, (id = nextId++));
    return id;
  };
  return {
    overtakes: true,
    choose: (consumers, message) => {
      const name = nameOf(message);
      let best: Consumer | undefined;
      let bestWeight = -1;
      for (const consumer of consumers) {
        const weight = weightOf(`${idOf(consumer)}:${name}`);
        if (weight > bestWeight) [best, bestWeight] = [consumer, weight];
      }
      return best?.accepts === true ? best : undefined;
    },
  };
}

function weightOf(text: string): number {
  return createHash('md5').update(text).digest().readUInt32LE(0);
}
