import { describe, expect, it } from '@jest/globals';
import { Inject, Injectable, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { type Clock, fixedClock } from '#libs/kernel';
import { BulkWriter } from './bulk-writer.js';
import { CommandRunner } from './command-runner.js';
import { EventStore } from './event-store.js';
import { EventStoreModule } from './event-store.module.js';
import { Numbering } from './numbering.js';
import { CLOCK } from './tokens.js';
import { Upcasters } from './upcasters.js';

@Injectable()
class Feature {
  constructor(
    readonly runner: CommandRunner,
    readonly bulk: BulkWriter,
    readonly numbering: Numbering,
    readonly store: EventStore,
    readonly upcasters: Upcasters,
    @Inject(CLOCK) readonly clock: Clock,
  ) {}
}

@Module({ providers: [Feature] })
class FeatureModule {}

describe('EventStoreModule', () => {
  it('provides the event store to every module, and closes what it opened', async () => {
    const clock = fixedClock('2026-01-01T00:00:00.000Z');
    const eventStore = { url: 'esdb://127.0.0.1:1?tls=false' };
    const app = await Test.createTestingModule({
      imports: [EventStoreModule.forRoot({ eventStore, clock, cacheBytes: 1_000 }), FeatureModule],
    }).compile();
    const feature = app.get(Feature);
    expect(feature.runner).toBeInstanceOf(CommandRunner);
    expect(feature.bulk).toBeInstanceOf(BulkWriter);
    expect(feature.numbering).toBeInstanceOf(Numbering);
    expect(feature.upcasters).toBeInstanceOf(Upcasters);
    expect(feature.clock.now()).toBe('2026-01-01T00:00:00.000Z');
    app.enableShutdownHooks();
    await app.close();
    await expect(feature.store.headPosition()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
  });
});
