import { randomUUID } from 'node:crypto';
import { Drain, type EventSource } from '#libs/projection-engine';
import { ReadStore } from '#libs/read-store';
import { projections } from '#projections';
import { openTestStores, type TestStores } from '../../support/stores.js';

/** Read models on a server, in a database of the test's own. */
export class ReadModels {
  private constructor(
    private readonly stores: TestStores,
    readonly store: ReadStore,
  ) {}

  static async open(): Promise<ReadModels> {
    const stores = await openTestStores();
    const database = `estate_test_${randomUUID().replaceAll('-', '').slice(0, 12)}`;
    return new ReadModels(stores, await ReadStore.connect(stores.mongodbUrl, { database }));
  }

  get eventstoreUrl(): string {
    return this.stores.eventstoreUrl;
  }

  get mongodbUrl(): string {
    return this.stores.mongodbUrl;
  }

  drain(source: EventSource, maxBatchEvents = 100): Drain {
    return new Drain({ source, stores: this.store, projections, maxBatchEvents });
  }

  async fold(source: EventSource): Promise<void> {
    await this.drain(source).catchUp(await source.headPosition());
  }

  async close(): Promise<void> {
    await this.store.dropDatabase();
    await this.store.close();
    await this.stores.close();
  }
}
