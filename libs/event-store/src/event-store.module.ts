import {
  type DynamicModule,
  type FactoryProvider,
  Inject,
  Module,
  type OnApplicationShutdown,
  type Provider,
} from '@nestjs/common';
import { type Clock, systemClock } from '#libs/kernel';
import { BulkWriter } from './bulk-writer.js';
import { CommandRunner } from './command-runner.js';
import { EventStore } from './event-store.js';
import { Numbering } from './numbering.js';
import type { EventStoreOptions } from './options.js';
import { CLOCK, COMMAND_CACHE_BYTES, UPCASTERS } from './tokens.js';
import { Upcasters } from './upcasters.js';
import { Vault } from './vault/vault.js';

export interface EventStoreModuleOptions {
  /** An open store, which stays its owner's to close; or the address of one, which is closed with the application. */
  readonly eventStore: EventStore | { readonly url: string; readonly options?: EventStoreOptions };
  readonly clock?: Clock;
  readonly upcasters?: Upcasters;
  /** Bound of the cache of folded streams; 128 MiB. */
  readonly cacheBytes?: number;
  /** Without it, commands that seal personal data cannot be resolved. */
  readonly vault?: Vault;
}

const OWNED_STORE = Symbol('OwnedStore');

/** Provides EventStore, CommandRunner, BulkWriter, Numbering, Upcasters, the clock (`CLOCK`) and, if given, Vault, to all modules. */
@Module({})
export class EventStoreModule implements OnApplicationShutdown {
  constructor(@Inject(OWNED_STORE) private readonly owned: { close(): Promise<void> } | null) {}

  static forRoot(options: EventStoreModuleOptions): DynamicModule {
    const given = options.eventStore instanceof EventStore;
    const store = options.eventStore instanceof EventStore ? options.eventStore : connect(options.eventStore);
    const upcasters = options.upcasters ?? new Upcasters();
    const providers: Provider[] = [
      { provide: EventStore, useValue: store },
      { provide: OWNED_STORE, useValue: given ? null : store },
      { provide: CLOCK, useValue: options.clock ?? systemClock },
      { provide: UPCASTERS, useValue: upcasters },
      { provide: Upcasters, useValue: upcasters },
      ...(options.cacheBytes === undefined ? [] : [{ provide: COMMAND_CACHE_BYTES, useValue: options.cacheBytes }]),
      ...(options.vault === undefined ? [] : [{ provide: Vault, useValue: options.vault }]),
      made(CommandRunner, [EventStore, CLOCK, UPCASTERS, { token: COMMAND_CACHE_BYTES, optional: true }]),
      made(BulkWriter, [EventStore, CLOCK, UPCASTERS]),
      made(Numbering, [CommandRunner, EventStore, CLOCK]),
    ];
    const shared = [EventStore, CLOCK, UPCASTERS, Upcasters, CommandRunner, BulkWriter, Numbering];
    return {
      module: EventStoreModule,
      global: true,
      providers,
      exports: options.vault === undefined ? shared : [...shared, Vault],
    };
  }

  async onApplicationShutdown(): Promise<void> {
    await this.owned?.close();
  }
}

/** The classes know nothing of Nest, so that what has no Nest in it can use them. */
function made<A extends never[], T>(
  type: new (...args: A) => T,
  inject: NonNullable<FactoryProvider['inject']>,
): Provider {
  return { provide: type, useFactory: (...args: A) => new type(...args), inject };
}

function connect({ url, options }: { readonly url: string; readonly options?: EventStoreOptions }): EventStore {
  return EventStore.connect(url, options);
}
