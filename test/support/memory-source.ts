import type { EventSource, SourceEvent } from '#libs/projection-engine';

/** A log in memory as the engine reads it; nobody subscribes to it. */
export function memorySource(events: readonly SourceEvent[]): EventSource {
  return {
    headPosition: () => Promise.resolve(events.at(-1)!.position),
    async *readAll({ after = -1n, types, pageSize = 100 }) {
      const wanted = events.filter(({ position, type }) => position > after && (!types || types.includes(type)));
      for (let from = 0; from < wanted.length; from += pageSize) {
        await Promise.resolve();
        yield wanted.slice(from, from + pageSize);
      }
    },
    async *readStream(stream, { fromRevision = 0n, limit = events.length } = {}) {
      await Promise.resolve();
      yield events.filter((event) => event.stream === stream && event.revision >= fromRevision).slice(0, Number(limit));
    },
    subscribeAll: () => {
      throw new Error('nobody subscribes to it');
    },
  };
}
