import { DomainError, type Json } from '#libs/kernel';
import type { StoredEvent } from './stored-event.js';

/** Turns the data of one stored version of an event type into that of the next. Pure; it must not change what it is given. */
export interface Upcaster {
  readonly type: string;
  readonly fromVersion: number;
  readonly upcast: (data: Json) => Json;
}

/** The versions of all event types: an unlisted type is at version 1. What is stored never changes, only how it is read. */
export class Upcasters {
  readonly #chains = new Map<string, readonly Upcaster[]>();

  /** @throws DomainError UPCASTERS_INCOMPLETE unless each type's upcasters lead from version 1 on without a gap or a double. */
  constructor(upcasters: readonly Upcaster[] = []) {
    for (const type of new Set(upcasters.map((u) => u.type))) {
      const chain = upcasters.filter((u) => u.type === type).sort((a, b) => a.fromVersion - b.fromVersion);
      if (chain.some((u, i) => u.fromVersion !== i + 1)) {
        throw new DomainError(
          'UPCASTERS_INCOMPLETE',
          `The upcasters of ${type} do not lead from version 1 on, one each`,
        );
      }
      this.#chains.set(type, chain);
    }
  }

  /** The version that new events of a type are written with. */
  versionOf(type: string): number {
    return (this.#chains.get(type)?.length ?? 0) + 1;
  }

  /** An event's data in today's shape. @throws DomainError EVENT_VERSION_UNKNOWN for an event of a later program. */
  dataOf(event: Pick<StoredEvent, 'type' | 'data' | 'metadata'>): Json {
    const version = event.metadata.schemaVersion;
    const chain = this.#chains.get(event.type);
    if (version === (chain?.length ?? 0) + 1) return event.data;
    if (!chain || !Number.isInteger(version) || version < 1 || version > chain.length) {
      throw new DomainError(
        'EVENT_VERSION_UNKNOWN',
        `${event.type} is stored in version ${version}, which this program does not know`,
      );
    }
    return chain.slice(version - 1).reduce((data, step) => step.upcast(data), event.data);
  }
}
